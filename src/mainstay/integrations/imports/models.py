"""An uploaded file on its way, its rows, and which ticket came from where."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from mainstay.core.ids import new_id
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.kinds import staff_only_wall, tenant_wall
from mainstay.core.wall.models import TenantRow, one_of
from mainstay.integrations.imports.rules import Kind, Outcome, State
from mainstay.support.tickets.models import Ticket


class ImportRun(models.Model):
    """Of the operator (no tenant), or of a customer's own people."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = ForeignKey(settings.MAINSTAY_TENANT_MODEL, null=True)
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20, default=State.UPLOADED.value)
    started_by_kind = models.CharField(max_length=20)
    started_by = models.UUIDField()
    """Staff or member: the work is done in this person's scope, with the rights of the moment."""
    filename = models.CharField(max_length=255)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=200, blank=True)
    """Empty once the file's time is over."""
    head = models.BinaryField()
    """The file's beginning: previews need no disk."""
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    mapping = models.JSONField(default=list)
    """For each column of the file ours, `attribute:NAME`, or nothing."""
    date_order = models.CharField(max_length=3, blank=True)
    decimal = models.CharField(max_length=1, blank=True)
    zone = models.CharField(max_length=64)
    """Of times in the file."""
    row_count = models.PositiveIntegerField()
    """Rows that are not empty; from the look at the upload, for the progress."""
    position = models.PositiveIntegerField(default=0)
    """Number of the last record that is staged; where a worker goes on."""
    read_count = models.PositiveIntegerField(default=0)
    left_out = ArrayField(models.PositiveIntegerField(), default=list)
    """Rows that a person decided to do without."""
    new_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    wrong_count = models.PositiveIntegerField(default=0)
    invites = models.BooleanField(default=False)
    """Send invitations to the new people, once they are in."""
    invited_count = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=40, blank=True)
    failure_params = models.JSONField(default=dict)
    is_checked_again = models.BooleanField(default=False)
    """The dry run was done anew because something had changed before its rows could be written."""
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    """When the worker may look at it; null: it waits for a person, or is over."""
    created_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    """The dry run or the writing that is under way."""
    checked_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)

    wall = tenant_wall(tenant_optional=True)

    class Meta:
        db_table = "import_run"
        constraints = [
            one_of("kind", Kind, "ck_import_run_kind"),
            one_of("state", State, "ck_import_run_state"),
        ]
        indexes = [
            models.Index(fields=["tenant", "created_at"], name="ix_import_run_tenant"),
            models.Index(fields=["created_at"], name="ix_import_run_created"),
            models.Index(fields=["next_at"], name="ix_import_run_next", condition=Q(next_at__isnull=False)),
            models.Index(fields=["storage_key"], name="ix_import_run_stored"),
        ]

    @property
    def counts(self) -> dict[str, int]:
        return {outcome.value: getattr(self, f"{outcome.value}_count") for outcome in Outcome}


class ImportRow(models.Model):
    """One row of a file after the dry run: its values as they would be stored, or what is wrong with it."""

    id = models.BigAutoField(primary_key=True)
    tenant = ForeignKey(settings.MAINSTAY_TENANT_MODEL, null=True)
    run = ForeignKey(ImportRun)
    position = models.PositiveIntegerField()
    key = models.TextField()
    """What makes it the same as another row; empty where the row is wrong."""
    outcome = models.CharField(max_length=10)
    values = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    cells = models.JSONField(default=list)
    """As the file has them; of wrong rows only."""
    target_id = models.UUIDField(null=True)
    """Who is to be invited after the row was written."""

    wall = tenant_wall(tenant="select, insert, update, delete", tenant_optional=True)

    class Meta:
        db_table = "import_row"
        constraints = [one_of("outcome", Outcome, "ck_import_row_outcome")]
        indexes = [
            models.Index(fields=["run", "position"], name="ix_import_row_position"),
            models.Index(fields=["run", "key", "position"], name="ix_import_row_key"),
            models.Index(
                fields=["run", "position"],
                name="ix_import_row_wrong",
                condition=Q(outcome=Outcome.WRONG.value),
            ),
            models.Index(
                fields=["run", "position"],
                name="ix_import_row_invite",
                condition=Q(target_id__isnull=False),
            ),
        ]


class ImportedTicket(TenantRow):
    """A ticket's id where it came from: the same file again makes no second one."""

    key = models.CharField(max_length=120)
    ticket = ForeignKey(Ticket)
    run_id = models.UUIDField()
    """Of an import of the operator's, which has no tenant: a key of tables that have one cannot name it."""

    wall = staff_only_wall()

    class Meta:
        db_table = "imported_ticket"
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="uq_imported_ticket")]
