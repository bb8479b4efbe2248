"""Where a customer's logo and colour are fetched; the addresses change with what they show."""

from __future__ import annotations

from mainstay.people.tenants.branding import Branding
from mainstay.people.tenants.models import TenantLogo


def logo_url(logo: TenantLogo | None) -> str:
    return f"/support/branding/logo?v={logo.sha256[:12]}" if logo else ""


def styles_url(branding: Branding) -> str:
    return f"/support/brand.css?v={branding.colour[1:]}" if branding.colour else ""
