"""State changes of tickets, one file per behaviour."""

from mainstay.core.storage.files import NewFile
from mainstay.support.tickets.actions.change import (
    assign_ticket,
    change_severity,
    change_status,
    classify_ticket,
    confirm_severity,
    set_next_due,
    set_next_dues,
)
from mainstay.support.tickets.actions.close import close_resolved
from mainstay.support.tickets.actions.files import store_file
from mainstay.support.tickets.actions.follow import (
    share_ticket,
    unfollow_ticket,
    unshare_ticket,
    watch_ticket,
)
from mainstay.support.tickets.actions.history import PastMessage, PastTicket, import_tickets
from mainstay.support.tickets.actions.open import NewTicket, open_ticket
from mainstay.support.tickets.actions.reply import (
    NewMessage,
    add_note,
    add_tenant_note,
    edit_message,
    reply_to_ticket,
)
from mainstay.support.tickets.actions.tenant_queue import change_priority, escalate_ticket, give_ticket

__all__ = [
    "NewFile",
    "NewMessage",
    "NewTicket",
    "PastMessage",
    "PastTicket",
    "add_note",
    "add_tenant_note",
    "assign_ticket",
    "change_priority",
    "change_severity",
    "change_status",
    "classify_ticket",
    "close_resolved",
    "confirm_severity",
    "edit_message",
    "escalate_ticket",
    "give_ticket",
    "import_tickets",
    "open_ticket",
    "reply_to_ticket",
    "set_next_due",
    "set_next_dues",
    "share_ticket",
    "store_file",
    "unfollow_ticket",
    "unshare_ticket",
    "watch_ticket",
]
