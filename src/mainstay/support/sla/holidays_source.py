"""Public holidays by country and region, from the `holidays` library."""

from collections.abc import Iterable
from datetime import date

import holidays

from .rules.timeline import CalendarError


def holiday_dates(
    country: str, region: str | None, years: Iterable[int], *, language: str | None = None
) -> dict[date, str]:
    """Date → the holiday's name, in the country's own language where `language` is not to be had."""
    wanted = set(years)
    supported = holidays.list_supported_countries()
    if country not in supported:
        raise CalendarError(f"country: no holidays are known for {country!r}")
    if region and region not in supported[country]:
        raise CalendarError(f"region: {country} has no region {region!r}")
    found = holidays.country_holidays(country, subdiv=region or None, years=wanted)
    spoken = [known for known in found.supported_languages if known.partition("_")[0] == language]
    if spoken:
        found = holidays.country_holidays(country, subdiv=region or None, years=wanted, language=spoken[0])
    # Observance can move a holiday of the first of January into the year before.
    return {day: name for day, name in sorted(found.items()) if day.year in wanted}
