"""State changes of customers and their people, one file per behaviour."""

from mainstay.people.tenants.actions.plans import PLAN_PRESETS, install_plans

__all__ = ["PLAN_PRESETS", "install_plans"]
