"""State changes of promises and clocks, one file per behaviour."""

from mainstay.support.sla.actions.clocks import (
    answer_clocks,
    follow_severity,
    follow_status,
    start_clocks,
    start_escalated,
)
from mainstay.support.sla.actions.notices import tell_breached, tell_warned
from mainstay.support.sla.actions.policy import (
    fill_holidays,
    follow_plan,
    follow_zone,
    remove_holidays,
    save_calendar,
    save_matrix,
    set_holidays,
    set_tenant_calendar,
    use_matrix,
)
from mainstay.support.sla.actions.presets import install_presets
from mainstay.support.sla.actions.recompute import recompute_open_clocks, take_recomputation
from mainstay.support.sla.actions.watch import tell_due

__all__ = [
    "answer_clocks",
    "fill_holidays",
    "follow_plan",
    "follow_severity",
    "follow_status",
    "follow_zone",
    "install_presets",
    "recompute_open_clocks",
    "remove_holidays",
    "save_calendar",
    "save_matrix",
    "set_holidays",
    "set_tenant_calendar",
    "start_clocks",
    "start_escalated",
    "take_recomputation",
    "tell_breached",
    "tell_due",
    "tell_warned",
    "use_matrix",
]
