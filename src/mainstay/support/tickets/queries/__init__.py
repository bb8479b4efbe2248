"""Reading tickets. `visible_tickets` and `visible_messages` are the two predicates; everything starts there."""

from mainstay.support.tickets.queries.listing import (
    Sort,
    TicketFilter,
    TicketRow,
    page_of_tickets,
    ticket_row,
)
from mainstay.support.tickets.queries.reading import FileRow, MessageRow, message_row, page_of_messages
from mainstay.support.tickets.queries.visible import (
    escalations_of,
    followers_of,
    handles,
    unsent_files,
    visible_attachment,
    visible_attachments,
    visible_messages,
    visible_ticket,
    visible_ticket_by_number,
    visible_tickets,
)

__all__ = [
    "FileRow",
    "MessageRow",
    "Sort",
    "TicketFilter",
    "TicketRow",
    "escalations_of",
    "followers_of",
    "handles",
    "message_row",
    "page_of_messages",
    "page_of_tickets",
    "ticket_row",
    "unsent_files",
    "visible_attachment",
    "visible_attachments",
    "visible_messages",
    "visible_ticket",
    "visible_ticket_by_number",
    "visible_tickets",
]
