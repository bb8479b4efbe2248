"""Every right by role: what `permissions()` knows and this table do not differ. A new right needs its line."""

from __future__ import annotations

from mainstay.core.actor import (
    MEMBER_ROLES,
    STAFF_ROLES,
    TENANT_MANAGERS,
    Actor,
    ActorKind,
    Role,
    key_scopes_for,
    permissions,
)

MEMBERS = ("owner", "tenant_admin", "pm", "field", "client", "vendor", "contact")
STAFF = (
    "agent",
    "csm",
    "support_manager",
    "cs_manager",
    "engineer",
    "product",
    "services",
    "executive",
    "admin",
)
# One letter a role: o a p f c v (members), then A C S M E P V X D (staff, as in STAFF);
# k and K: a key with all scopes, of the customer's and of the operator's.
LETTERS = dict(zip((*MEMBERS, *STAFF, "key", "operator key"), "oapfcv-ACSMEPVXDkK", strict=True))
RIGHTS = """
audit.see             oaSMXDkK
branding.manage       oa
factors.demand        oaD
factors.reset         oaD
imports.own_people    oa
imports.run           D
inbound.see           ASDK
inbound.triage        ASDK
keys.manage           oa
keys.see              oaCSMED
mailbox.manage        D
operator_keys.manage  D
operator_keys.see     D
outbox.manage         SD
outbox.see            ACSMDK
people.erase          oaSMD
people.export         oaSMD
people.manage         oaCSMDkK
people.meet           ACSMEDK
people.see            oapfACSMEPVXDkK
plans.manage          DK
schedules.manage      D
schedules.see         SMED
settings.change       D
settings.see          SMED
sla.manage            SDK
sla.see               oapfACSMEPVXDkK
sso.manage            oa
staff.manage          DK
staff_sso.manage      D
tenants.manage        CMDK
tenants.see           ACSMEPVXDK
tickets.change_status oapfcvASEDkK
tickets.escalate      oak
tickets.give          oak
tickets.handle        oapfk
tickets.import        D
tickets.note          ACSMEPVXDK
tickets.open          oapfcvACSEDkK
tickets.reply         oapfcvACSEDkK
tickets.see           oapfcvACSMEPVXDkK
tickets.share         oapfASEDkK
tickets.tenant_note   oapfk
tickets.triage        ASEDK
webhooks.manage       oaEDkK
webhooks.see          oaSEDkK
"""


def holders() -> dict[str, str]:
    keys = {
        "key": Actor(ActorKind.TENANT_KEY, key_scopes=frozenset(key_scopes_for(TENANT_MANAGERS))),
        "operator key": Actor(ActorKind.OPERATOR_KEY, key_scopes=frozenset(key_scopes_for(STAFF_ROLES))),
    }
    people = {
        name: Actor(ActorKind.MEMBER if name in MEMBERS else ActorKind.STAFF, roles=frozenset({Role(name)}))
        for name in (*MEMBERS, *STAFF)
    }
    return {
        name: "".join(LETTERS[who] for who, actor in {**people, **keys}.items() if actor.may(permission))
        for name, permission in permissions().items()
    }


def test_every_right_is_held_by_whom_the_table_says() -> None:
    table = dict(line.split() if " " in line else (line, "") for line in RIGHTS.strip().splitlines())
    assert holders() == {name: letters.strip("-") for name, letters in table.items()}


def test_the_table_knows_every_role() -> None:
    assert {*MEMBERS, *STAFF} == {str(role) for role in MEMBER_ROLES | STAFF_ROLES}
