"""State changes of imports, one file per behaviour."""

from mainstay.integrations.imports.actions.apply import Outdated, apply_import, check_again
from mainstay.integrations.imports.actions.check import stage_batch
from mainstay.integrations.imports.actions.prepare import (
    CHANNEL,
    Choices,
    cancel_import,
    leave_out_wrong_rows,
    read_otherwise,
    refuse_stranger,
    start_apply,
    start_check,
    unreadable,
    upload_import,
)

__all__ = [
    "CHANNEL",
    "Choices",
    "Outdated",
    "apply_import",
    "cancel_import",
    "check_again",
    "leave_out_wrong_rows",
    "read_otherwise",
    "refuse_stranger",
    "stage_batch",
    "start_apply",
    "start_check",
    "unreadable",
    "upload_import",
]
