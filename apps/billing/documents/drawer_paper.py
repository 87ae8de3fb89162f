"""The paper of a counted drawer: what was there, what should have been, and room for two signatures."""

from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from apps.billing.documents.papers import MoneyWriter
from apps.billing.drawers.pieces import LOOSE, pieces_of
from apps.billing.models import COUNTED, DrawerCount, DrawerMovement, DrawerSession, PaymentMethod
from apps.clinic import profile
from apps.clinic.letterhead import letterhead
from apps.clinic.models import ClinicProfile
from apps.core.money import currency_of
from apps.core.typesetting import barcode, typeset

HERE = Path(__file__).parent


def drawer_pdf(session: DrawerSession, *, paper: str, at: datetime) -> bytes:
    """A counted session on A4, or on the 80 mm roll of the desk's printer (``paper="roll"``)."""
    clinic = profile.current()
    with override(clinic.locale.split("-")[0]):
        return typeset(HERE / "drawer.typ", _drawer(session, clinic, paper), at=at)


def _drawer(session: DrawerSession, clinic: ClinicProfile, paper: str) -> dict[str, Any]:
    money = MoneyWriter(currency_of(session.currency), clinic)
    every = list(session.counts.select_related("by").order_by("turn", "id"))
    counts = {one.method: one for one in every if one.stands}
    return {
        **letterhead(clinic, "roll" if paper == "roll" else ""),
        "title": _("Drawer %(number)s") % {"number": session.number},
        "number": session.number,
        "date": date_format(session.opened_on, "j M Y"),
        "stamp": "" if session.locked_at else _("Not locked"),
        "facts": _facts(session, every, clinic),
        "earlier": _earlier(session, every, money, clinic),
        "counts": [
            [str(method.label), money(one.expected), money(one.counted), money(one.variance)]
            for method in COUNTED
            if (one := counts.get(method))
        ],
        "reasons": [
            [str(method.label), one.reason] for method in COUNTED if (one := counts.get(method)) and one.reason
        ],
        "pieces": _pieces(session, counts["cash"], money),
        "movements": [
            [_time(one.at, clinic), f"{DrawerMovement.Kind(one.kind).label}: {one.reason}", money(one.into)]
            for one in session.movements.all()
        ],
        "signatures": [
            [_("Counted by"), (every[-1].by or session.counted_by or session.cashier).full_name],
            _second_signature(session),
        ],
        "barcode": barcode(session.number),
        "barcode_alt": _("Bar code of %(number)s") % {"number": session.number},
        "words": {
            "drawer": _("Drawer count"),
            "method": _("Method"),
            "expected": _("Expected"),
            "counted": _("Counted"),
            "variance": _("Difference"),
            "piece": _("Note or coin"),
            "opening": _("Opening"),
            "closing": _("Closing"),
            "sum": _("Sum"),
            "movements": _("Put in and taken out"),
            "reasons": _("Why it differs"),
            "earlier": _("Counted before"),
            "signature": _("Signature"),
        },
    }


def _facts(session: DrawerSession, counts: list[DrawerCount], clinic: ClinicProfile) -> list[list[str]]:
    facts = [
        [_("Drawer"), session.drawer.name],
        [_("Cashier"), session.cashier.full_name],
        [pgettext("drawer", "Opened"), _time(session.opened_at, clinic)],
    ]
    if session.counted_at:
        facts.append([_("Counted"), _time(session.counted_at, clinic)])
    if counts and counts[-1].at:
        facts.append([_("Counted again"), _time(counts[-1].at, clinic)])
    if session.locked_at:
        facts.append([_("Locked"), _time(session.locked_at, clinic)])
    return facts


def _earlier(
    session: DrawerSession, counts: list[DrawerCount], money: MoneyWriter, clinic: ClinicProfile
) -> list[list[str]]:
    """What was counted before the count that stands: when and by whom, and of each method how much."""
    told = []
    for _turn, turn in groupby((one for one in counts if not one.stands), key=attrgetter("turn")):
        rows = list(turn)
        moment, person = rows[0].at or session.counted_at, rows[0].by or session.counted_by
        assert moment and person
        sums = " · ".join(f"{PaymentMethod(one.method).label} {money(one.counted)}" for one in rows)
        told.append([f"{_time(moment, clinic)}, {person.full_name}", sums])
    return told


def _pieces(session: DrawerSession, cash: DrawerCount, money: MoneyWriter) -> list[list[str]]:
    """How many of each there were, first and last, and what the last come to."""
    opening, closing = session.opening_pieces, cash.pieces
    rows = [
        [money(Decimal(piece)), str(opening.get(piece, "–")), str(closing.get(piece, "–")),
         money(Decimal(piece) * closing.get(piece, 0))]
        for piece in pieces_of(money.currency)
        if piece in opening or piece in closing
    ]  # fmt: skip
    if LOOSE in opening or LOOSE in closing:
        first, last = (money(Decimal(pieces.get(LOOSE, 0))) for pieces in (opening, closing))
        rows.append([_("Loose coins"), first, last, last])
    return [*rows, [_("In all"), money(session.opening_float), money(cash.counted), money(cash.counted)]]


def _second_signature(session: DrawerSession) -> list[str]:
    """Who took it over or locked it; as long as nobody has, the name is left to be written."""
    if session.handed_to:
        return [_("Accepted by"), session.handed_to.full_name]
    return [_("Locked by"), session.locked_by.full_name if session.locked_by else ""]


def _time(moment: datetime, clinic: ClinicProfile) -> str:
    return date_format(moment.astimezone(clinic.zone), "j M Y, H:i")
