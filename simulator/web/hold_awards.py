"""What USAspending and SAM hold of Franklin: its awards, and the subawards it reported.

Put here: records in the two systems' shapes, and the ways in which they know less or more than the state.
Not here: how much money there is (see `simulator.money`), nor how the systems answer.

A subaward report that was wrong is deleted and published again. SAM tells both; USAspending has no deletes
and keeps the wrong one, lacks some reports, and has some twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulator.audits import STATE_UEI
from simulator.money.awards import FederalAward
from simulator.money.subawards import Subaward
from simulator.organizations import State
from simulator.settings import STATE_CODE, STATE_NAME, Settings
from simulator.web.holding import Record, digest

AGENCY, AGENCY_CODE, SUBAGENCY_CODE = "Department of Education", "091", "9100"
PRIME_NAME = "FRANKLIN DEPARTMENT OF EDUCATION"
NEIGHBOUR_CODE, NEIGHBOUR_NAME = "NB", "NEIGHBOR"
EMPTY_IN_REPORTS = (
    "assistanceType", "vendorPhysicalAddress", "subDbaName", "subParentName", "subParentUei",
    "subBusinessType", "subTopPayEmployee",
)  # fmt: skip
MISSING_SHARE, DOUBLED_SHARE = 0.03, 0.02


def award_key(fain: str) -> str:
    """USAspending's and SAM's name of an award."""
    return f"ASST_NON_{fain}_{AGENCY_CODE}"


def with_a_deleted_one(subawards: Sequence[Subaward]) -> list[Subaward]:
    """Give the reports; where no published one was ever wrong (a small state), the first was."""
    reports = list(subawards)
    if reports and not any(item.status == "Deleted" for item in reports):
        first = reports[0]
        wrong = replace(
            first, number=f"{first.number}-1", amount_cents=first.amount_cents * 10, status="Deleted"
        )
        reports.insert(0, wrong)
    return reports


def known_to_usaspending(settings: Settings, subawards: Sequence[Subaward]) -> list[Subaward]:
    """What USAspending has of the reports: deleted ones too, some not at all, some twice."""
    draw = settings.generator(63).random(len(subawards))
    kept: list[Subaward] = []
    for item, chance in zip(subawards, draw, strict=True):
        if chance < MISSING_SHARE:
            continue
        kept += [item, item] if chance > 1 - DOUBLED_SHARE else [item]
    return kept


def dollars(cents: int) -> float:
    """Give an amount as USAspending does: a number with cents."""
    return cents / 100


def _place(name: str, state: str, state_name: str, county: str) -> Record:
    return {
        "location_country_code": "USA", "country_name": "UNITED STATES", "state_code": state,
        "state_name": state_name.title(), "city_name": name.split(" ")[0].upper(), "county_code": "001",
        "county_name": county.upper(), "congressional_code": "01", "zip4": None, "zip5": "90000",
    }  # fmt: skip


def _place_of(item: Subaward) -> Record:
    return _place(item.lea.name, STATE_CODE, STATE_NAME, item.lea.county)


def award_records(awards: Sequence[FederalAward], drawn: Mapping[str, int]) -> list[Record]:
    """Awards as spending_by_award tells them; every fourth has a neighbour's beside it."""
    records = []
    for number, award in enumerate(awards):
        home = _place("CAPITAL", STATE_CODE, STATE_NAME, "Capital County")
        outlays = drawn.get(award.fain, 0)
        records.append(_award_record(91_000_000 + number * 17, award, outlays, (PRIME_NAME, STATE_UEI), home))
        if number % 4 == 0:
            place = _place("BORDER", NEIGHBOUR_CODE, NEIGHBOUR_NAME, "Border County")
            other = replace(award, fain=award.fain.replace("0088", "0089"))
            recipient = ("NEIGHBOR DEPARTMENT OF EDUCATION", "NB0STATE0089")
            records.append(_award_record(91_000_001 + number * 17, other, outlays, recipient, place))
    return records


def _agencies() -> Record:
    told: Record = {}
    for role in ("Awarding", "Funding"):
        told[f"{role} Agency"], told[f"{role} Agency Code"] = AGENCY, AGENCY_CODE
        told[f"{role} Sub Agency"], told[f"{role} Sub Agency Code"] = AGENCY, SUBAGENCY_CODE
    return told


def _award_record(
    number: int, award: FederalAward, drawn: int, recipient: tuple[str, str], place: Record
) -> Record:
    name, uei = recipient
    listing: Record = {"cfda_number": award.listing, "cfda_program_title": award.title.upper()}
    return {
        "internal_id": number,
        "Award ID": award.fain,
        "Recipient Name": name,
        "Recipient DUNS Number": None,
        "recipient_id": f"{digest('recipient', uei)}-C",
        **_agencies(),
        "Description": award.title.upper(),
        "Last Modified Date": award.modifications[-1].action_on.isoformat(),
        "Base Obligation Date": award.awarded_on.isoformat(),
        "prime_award_recipient_id": None,
        "generated_internal_id": award_key(award.fain),
        "def_codes": ["Q"],
        "COVID-19 Obligations": 0,
        "COVID-19 Outlays": 0,
        "Infrastructure Obligations": 0,
        "Infrastructure Outlays": 0,
        "Recipient UEI": uei,
        "Recipient Location": {**place, "address_line1": "1 STATE HOUSE", "foreign_postal_code": None},
        "Primary Place of Performance": place,
        "Start Date": award.available_from.isoformat(),
        "End Date": award.available_to.isoformat(),
        "Award Amount": dollars(award.amount_cents),
        "Total Outlays": dollars(drawn) if drawn else None,
        "Award Type": "FORMULA GRANT (A)",
        "SAI Number": None,
        "CFDA Number": award.listing,
        "Assistance Listings": [listing],
        "primary_assistance_listing": listing,
        "awarding_agency_id": 1068,
        "agency_slug": "department-of-education",
    }


def subaward_records(subawards: Sequence[Subaward]) -> list[Record]:
    """Subawards as USAspending tells them; what begins with `_` is for finding, not for telling."""
    return [
        {
            "internal_id": None,
            "prime_award_internal_id": None,
            "Awarding Agency": AGENCY,
            "Awarding Sub Agency": AGENCY,
            "NAICS": {"code": None, "description": None},
            "Prime Award ID": item.fain,
            "prime_award_recipient_id": f"{digest('recipient', STATE_UEI)}-C",
            "Prime Award Recipient UEI": STATE_UEI,
            "Prime Recipient Name": PRIME_NAME,
            "PSC": {"code": None, "description": None},
            "Sub-Award Amount": dollars(item.amount_cents),
            "Sub-Award Date": item.action_on.isoformat(),
            "Sub-Award Description": item.description,
            "Sub-Award ID": item.number,
            "Sub-Award Primary Place of Performance": _place_of(item),
            "sub_award_recipient_id": f"{digest('recipient', item.lea.uei)}-C",
            "Sub-Award Type": "sub-grant",
            "Sub-Awardee Name": item.lea.name.upper(),
            "Sub-Recipient Location": _place_of(item),
            "Sub-Recipient UEI": item.lea.uei,
            "prime_award_generated_internal_id": award_key(item.fain),
            "subaward_description_sorted": item.description,
            "_number": 111_000_000 + number * 3,
            "CFDA Number": item.listing,
        }
        for number, item in enumerate(subawards)
    ]  # fmt: skip


def report_records(subawards: Sequence[Subaward], awards: Mapping[str, FederalAward]) -> list[Record]:
    """Subaward reports as SAM tells them; amounts are text."""
    return [
        {
            "status": item.status,
            "submittedDate": item.reported_on.isoformat(),
            "subVendorName": item.lea.name.upper(),
            "subVendorUei": item.lea.uei,
            "subAwardNumber": item.number,
            "subAwardAmount": f"{item.amount_cents / 100:.2f}".removesuffix(".00"),
            "subAwardDate": item.action_on.isoformat(),
            "reportUpdatedDate": item.reported_on.isoformat(),
            "subawardReportId": str(84_000_000 + number),
            "subawardReportNumber": digest("report", item.number, item.status),
            "placeOfPerformance": {
                "streetAddress": None, "streetAddress2": None, "city": item.lea.name.split(" ")[0],
                "congressionalDistrict": "01", "state": {"code": STATE_CODE, "name": STATE_NAME.title()},
                "country": {"code": "USA", "name": "United States"}, "zip": "900000000",
            },
            "organizationInfo": None,
            "asistanceListingNumber": f"{item.listing} {awards[item.fain].title}",
            "subawardDescription": item.description,
            "fain": item.fain,
            "actionDate": awards[item.fain].awarded_on.isoformat(),
            "totalFedFundingAmount": f"{awards[item.fain].amount_cents / 100:.1f}",
            "baseObligationDate": awards[item.fain].awarded_on.isoformat(),
            "projectDescription": awards[item.fain].title.upper(),
            "baseAssistanceTypeCode": "03",
            "baseAssistanceTypeDesc": None,
            "agencyCode": SUBAGENCY_CODE,
            "primeEntityUei": STATE_UEI,
            "primeEntityName": PRIME_NAME.title(),
            "primeAwardKey": award_key(item.fain),
            **dict.fromkeys(EMPTY_IN_REPORTS),
        }
        for number, item in enumerate(subawards)
    ]  # fmt: skip


def totals(
    state: State, awards: Sequence[FederalAward], subawards: Sequence[Subaward], seen: Sequence[Subaward]
) -> Record:
    """The truth of both systems, in cents, from the money itself."""

    def by(items: Sequence[Subaward]) -> dict[str, int]:
        sums: dict[str, int] = {}
        for item in items:
            sums[item.listing] = sums.get(item.listing, 0) + item.amount_cents
        return dict(sorted(sums.items()))

    published = [item for item in subawards if item.status == "Published"]
    deleted = [item for item in subawards if item.status == "Deleted"]
    return {
        "usaspending": {
            "awards": len(awards),
            "award_cents": {award.fain: award.amount_cents for award in awards},
            "subawards": len(seen),
            "subaward_cents_by_listing": by(seen),
        },
        "sam": {
            "published": len(published),
            "deleted": len(deleted),
            "published_cents_by_listing": by(published),
            "deleted_cents_by_listing": by(deleted),
            "leas": len({item.lea.nces_id for item in published} & {lea.nces_id for lea in state.leas}),
        },
    }
