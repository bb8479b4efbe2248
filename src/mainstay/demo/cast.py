"""Who lives in the demonstration. Every name is invented; domains end in .example, so that no mail can leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mainstay.core.actor import Role

PASSWORD: Final = "try-mainstay"  # noqa: S105 – printed at the start; the demonstration listens on loopback
OPERATOR_DOMAIN: Final = "harbourline.example"


@dataclass(frozen=True, slots=True)
class Colleague:
    name: str
    public_name: str
    roles: tuple[Role, ...]
    languages: tuple[str, ...] = ("en",)
    signs_in: bool = False

    @property
    def email(self) -> str:
        return f"{plain(self.name.split()[0])}@{OPERATOR_DOMAIN}"


STAFF: Final = (
    Colleague("Ari Lindqvist", "Ari", (Role.AGENT,), ("en", "es"), signs_in=True),
    Colleague("Bea Romero", "Bea", (Role.AGENT,), ("es", "en")),
    Colleague("Tom Okafor", "Tom", (Role.AGENT,)),
    Colleague("Ines Duarte", "Inés", (Role.AGENT,), ("es",)),
    Colleague("Cora Weiss", "Cora", (Role.CSM,), signs_in=True),
    Colleague("Jon Etxeberria", "Jon", (Role.CSM,), ("es", "en")),
    Colleague("Max Brandt", "Max", (Role.SUPPORT_MANAGER, Role.CS_MANAGER, Role.ADMIN), signs_in=True),
    Colleague("Eve Tanaka", "Eve", (Role.ENGINEER,), signs_in=True),
    Colleague("Pia Novak", "Pia", (Role.PRODUCT,)),
)


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    plan: str
    industry: str
    zone: str
    language: str
    seats: int

    @property
    def slug(self) -> str:
        return plain(self.name).replace(" ", "-").replace("&-", "")

    @property
    def domain(self) -> str:
        return f"{self.slug}.example"


def _customers(plan: str, lines: str) -> list[Customer]:
    found = []
    for line in lines.strip().splitlines():
        name, industry, zone, language, seats = (part.strip() for part in line.split("|"))
        found.append(Customer(name, plan, industry, zone, language, int(seats)))
    return found


CUSTOMERS: Final = (
    *_customers(
        "enterprise",
        """
        Acme               | Construction   | Europe/Berlin        | en | 480
        Meridian Utilities | Utilities      | America/New_York     | en | 720
        Grupo Altamar      | Construction   | Europe/Madrid        | es | 350
        Nordwind Energy    | Energy         | Europe/Copenhagen    | en | 610
        Pacific Rail Works | Rail           | America/Los_Angeles  | en | 540
        """,
    ),
    *_customers(
        "business",
        """
        Castell & Hijos     | Construction   | Europe/Madrid        | es | 140
        Bluewater Pumps     | Water          | Europe/London        | en | 120
        Ironbridge Steel    | Manufacturing  | Europe/London        | en | 160
        Andes Telecom       | Telecom        | America/Santiago     | es | 210
        Summit Elevators    | Maintenance    | America/Denver       | en | 95
        Lakeshore Facilities| Facilities     | America/Chicago      | en | 130
        Tasman Civil        | Construction   | Australia/Sydney     | en | 175
        """,
    ),
    *_customers(
        "professional",
        """
        Globex              | Facilities     | Europe/Lisbon        | en | 60
        Hollin & Partners   | Surveying      | Europe/Dublin        | en | 35
        Verdant Landscapes  | Landscaping    | America/Toronto      | en | 42
        Obras del Sur       | Construction   | America/Bogota       | es | 55
        Kestrel Roofing     | Construction   | Europe/London        | en | 28
        Solaria Instalaciones | Energy       | Europe/Madrid        | es | 48
        Fjord Marine        | Marine         | Europe/Oslo          | en | 33
        Prairie Wind        | Energy         | America/Winnipeg     | en | 51
        Ridgeway Schools    | Education      | Europe/London        | en | 70
        Caldera Drilling    | Mining         | America/Phoenix      | en | 64
        """,
    ),
    *_customers(
        "starter",
        """
        Beacon Plumbing     | Trades         | America/New_York     | en | 14
        Juniper Electric    | Trades         | America/Los_Angeles  | en | 18
        Reformas Lago       | Trades         | Europe/Madrid        | es | 9
        Quill Architects    | Architecture   | Europe/Paris         | en | 12
        Oakfield Housing    | Housing        | Europe/London        | en | 22
        Puerto Frio         | Logistics      | America/Lima         | es | 16
        Stonecraft Kitchens | Trades         | Europe/Dublin        | en | 8
        Aurora Inspections  | Inspection     | Europe/Helsinki      | en | 11
        Milltown Council    | Public         | Europe/London        | en | 25
        Cobalt Cleaning     | Facilities     | America/Chicago      | en | 19
        """,
    ),
    *_customers(
        "free",
        """
        Tiny Homes Co       | Construction   | America/Denver       | en | 3
        Pintores Unidos     | Trades         | America/Mexico_City  | es | 4
        Hedge & Hill        | Landscaping    | Europe/London        | en | 2
        Maple Handymen      | Trades         | America/Toronto      | en | 3
        Taller Luna         | Trades         | Europe/Madrid        | es | 2
        Dune Surveys        | Surveying      | Asia/Dubai           | en | 5
        Harvest Barns       | Agriculture    | America/Chicago      | en | 3
        Seabird Charters    | Marine         | Pacific/Auckland     | en | 4
        """,
    ),
)

# Members of every customer besides the two of the tour; the first is the owner.
FIRST_NAMES: Final = {
    "en": ("Alex", "Sam", "Robin", "Jamie", "Kim", "Morgan", "Casey", "Lee", "Noor", "Dana", "Ira", "Toni"),
    "es": ("Lucía", "Mateo", "Carmen", "Diego", "Elena", "Pablo", "Rosa", "Andrés", "Marta", "Hugo"),
}
LAST_NAMES: Final = {
    "en": ("Hart", "Singh", "Moreau", "Kowalski", "Reed", "Abbott", "Vance", "Osei", "Lund", "Price"),
    "es": ("García", "Muñoz", "Ortega", "Vidal", "Ríos", "Peña", "Campos", "Ibáñez"),
}
TOUR: Final = {
    "Acme": (
        ("Ana Richter", Role.OWNER, "en"),
        ("Félix Ortiz", Role.FIELD, "es"),
        ("Clara Voss", Role.CLIENT, "en"),
    ),
    "Globex": (("Gus Pereira", Role.OWNER, "en"),),
}
SITES: Final = {
    "en": (
        "Pier 4",
        "North Yard",
        "Mill Lane",
        "Station West",
        "Lot 17",
        "the river bridge",
        "Tower B",
        "Depot 2",
        "Hillside",
        "the old foundry",
    ),
    "es": (
        "Muelle 4",
        "Nave Norte",
        "calle Molino",
        "Estación Oeste",
        "Parcela 17",
        "Puente Viejo",
        "Torre B",
        "Almacén 2",
        "La Ladera",
    ),
}


def plain(name: str) -> str:
    return "".join(
        {"é": "e", "í": "i", "ú": "u", "ñ": "n", "á": "a", "ó": "o"}.get(c, c) for c in name.lower()
    )
