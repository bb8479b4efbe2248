"""Tickets as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from mainstay.core.api.schemas import Cursor, Email, Incoming, JsonObject, Limit, Outgoing, Slug
from mainstay.people.tenants.schemas import PersonRef, TenantRef
from mainstay.support.tickets.queries import Sort
from mainstay.support.tickets.rules import (
    BODY_LIMIT,
    ESCALATION_NOTE_LIMIT,
    SUBJECT_LIMIT,
    TAG_LIMIT,
    Audience,
    MessageVisibility,
    Priority,
    Sender,
    Severity,
    Source,
    Status,
)

_FILES_LIMIT = 20
Subject = Annotated[str, StringConstraints(min_length=1, max_length=SUBJECT_LIMIT)]
Body = Annotated[str, StringConstraints(max_length=BODY_LIMIT)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=TAG_LIMIT)]
Files = Annotated[list[UUID], Field(max_length=_FILES_LIMIT, description="Ids of files uploaded before.")]


class TicketListQuery(Incoming):
    """Lists mean any of them: `?status=open&status=in_progress`."""

    status: Annotated[list[Status], Field(max_length=5)] = []
    severity: Annotated[list[Severity], Field(max_length=4)] = []
    source: Annotated[list[Source], Field(max_length=7)] = []
    category: Annotated[str | None, Field(max_length=40)] = None
    assignee: Annotated[str | None, Field(max_length=36)] = Field(
        None, description="Id of a member of the staff, `me`, or `none`."
    )
    tenant: Slug | None = Field(None, description="Id or slug of a customer.")
    requester: UUID | None = None
    requester_email: Email | None = None
    number: Annotated[int | None, Field(ge=1, lt=2**63)] = None
    audience: Audience | None = Field(
        None,
        description="`tenant`: the customer's own queue, of what its portal users ask; for the customer only.",
    )
    handler: Annotated[str | None, Field(max_length=36)] = Field(
        None, description="In that queue: id of the customer's person who works on it, `me`, or `none`."
    )
    sort: Sort = Field(
        Sort.RECENT,
        description="`recent`: the latest word first; `due`: the nearest promise first; `opened`: the newest "
        "first; `number`: the highest first.",
    )
    limit: Limit = 50
    cursor: Cursor | None = None


class NewTicketIn(Incoming):
    subject: Subject
    body: Annotated[str, StringConstraints(min_length=1, max_length=BODY_LIMIT)] = Field(
        description="Markdown."
    )
    tenant: Slug | None = Field(None, description="Id or slug of the customer; for the operator's side.")
    requester: PersonRef | None = Field(None, description="Whom it is for; by default the caller.")
    severity: Severity | None = None
    category: Annotated[str, StringConstraints(max_length=40)] = ""
    module: Annotated[str, StringConstraints(max_length=80)] = ""
    language: Annotated[str, StringConstraints(max_length=10, pattern=r"^[A-Za-z-]*$")] = ""
    tags: Annotated[list[Tag], Field(max_length=20)] = []
    custom: JsonObject = {}
    context: JsonObject = Field(
        {}, description="Where it happened: url, module, browser, os, app_version, plan, role."
    )
    is_reproducible: bool | None = None
    is_platform_issue: bool = Field(
        False, description="Of a portal user: about the product itself, so it goes to the operator at once."
    )
    attachments: Files = []


class NewMessageIn(Incoming):
    body: Body = Field(description="Markdown. May be empty where files are attached.")
    visibility: MessageVisibility = Field(
        MessageVisibility.ALL,
        description="`operator` makes an internal note that the customer never sees, `tenant` one of the "
        "customer's that neither the operator nor the customer's portal users ever see.",
    )
    author: PersonRef | None = Field(
        None,
        description="For keys: the customer's person who says it. By default the requester, for a "
        "customer's key, and the support team, for the operator's.",
    )
    attachments: Files = []
    then_status: Status | None = Field(
        None, description="For who works on the ticket: the status to go on to."
    )


class StatusIn(Incoming):
    status: Status


class SeverityIn(Incoming):
    severity: Severity


class AssigneeIn(Incoming):
    assignee_id: UUID | None = Field(description="A member of the staff; null takes it off everybody.")


class HandlerIn(Incoming):
    handler: PersonRef | None = Field(
        description="One of the customer's own people; null takes it off everybody."
    )


class PriorityIn(Incoming):
    priority: Priority


class EscalateIn(Incoming):
    note: Annotated[str, StringConstraints(max_length=ESCALATION_NOTE_LIMIT)] = Field(
        "", description="For the operator; who asked does not see it."
    )
    severity: Severity | None = Field(None, description="By default the ticket's own.")


class ShareIn(Incoming):
    """With one person, or with everybody at the customer."""

    member: PersonRef | None = None
    everybody: bool = False


class RequesterOut(Outgoing):
    id: UUID
    name: str
    email: str


class StaffOut(Outgoing):
    id: UUID
    name: str


class TicketPromiseOut(Outgoing):
    kind: Literal["first_response", "next_response", "restore", "update"]
    state: Literal["due", "breached", "paused", "met", "goal"]
    is_goal: bool = Field(description="Aimed at, not promised: it is never breached.")
    is_late: bool
    due_at: datetime | None = Field(description="Null for as long as it is paused.")
    warn_at: datetime | None
    breached_at: datetime | None
    paused_at: datetime | None
    met_at: datetime | None


class TicketOut(Outgoing):
    id: UUID
    number: int
    subject: str
    status: Status
    severity: Severity
    proposed_severity: Severity | None
    priority: Priority
    category: str
    module: str
    source: Source
    audience: Audience
    tier: int
    tags: list[str]
    language: str
    is_reproducible: bool | None
    is_shared_with_tenant: bool
    is_platform_issue: bool
    escalated_at: datetime | None = Field(description="When the customer passed it on to the operator.")
    follow_up_of_id: UUID | None
    tenant: TenantRef
    requester: RequesterOut
    assignee: StaffOut | None
    handler: RequesterOut | None = Field(
        description="Who at the customer works on it, in the customer's own queue; null for all other callers."
    )
    message_count: int
    last_sender: Sender
    opened_at: datetime
    updated_at: datetime
    last_message_at: datetime
    first_response_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_due_at: datetime | None = Field(description="The nearest promise that is still running.")
    sla: list[TicketPromiseOut] = Field(
        description="How the promises stand, the most pressing first; more in GET …/sla."
    )


class AttachmentOut(Outgoing):
    id: UUID
    filename: str
    content_type: str
    size: int
    sha256: str
    is_inline: bool
    scan: Literal["unscanned", "clean", "infected"]
    url: str = Field(description="Where it can be downloaded by who may see the ticket.")


class AuthorOut(Outgoing):
    kind: Literal["member", "staff", "system"]
    id: UUID | None
    name: str


class MessageOut(Outgoing):
    id: UUID
    sender: Sender
    author: AuthorOut
    visibility: MessageVisibility
    source: Source
    body: str
    body_format: str
    is_automatic: bool
    marks: list[str] = Field(description="What was odd when it was accepted.")
    created_at: datetime
    edited_at: datetime | None
    attachments: list[AttachmentOut]


class TicketWithMessages(TicketOut):
    messages: list[MessageOut]
    messages_cursor: str | None = Field(description="Where GET …/messages goes on; null when this is all.")


class MessagePosted(Outgoing):
    message: MessageOut
    ticket: TicketOut = Field(
        description="As it is now: the one replied to, or its follow-up where that one was closed."
    )


class SharesOut(Outgoing):
    everybody: bool
    members: list[RequesterOut]
