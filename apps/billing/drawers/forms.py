"""What a cashier types about their drawer."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.drawers.counting import LONGEST_REASON, Counted
from apps.billing.drawers.pieces import LOOSE, MOST, PiecesRefused, pieces_of, read_pieces
from apps.billing.drawers.tills import LONGEST_NAME
from apps.billing.forms import AmountField
from apps.billing.models import Drawer, DrawerMovement, DrawerSession, PaymentMethod
from apps.clinic import profile
from apps.core.money import format_money


class PiecesForm(forms.Form):
    """A field for each note and coin of the clinic's currency, and one for what nobody sorts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clinic = profile.current()
        self.piece_names = {}
        for piece in pieces_of(clinic.currency_info):
            name = f"piece_{piece.replace('.', '_')}"
            self.piece_names[name] = piece
            self.fields[name] = forms.IntegerField(
                label=format_money(Decimal(piece), clinic.currency_info, clinic.locale),
                min_value=0,
                max_value=MOST - 1,
                required=False,
                localize=False,
                widget=forms.NumberInput(attrs={"class": "num piece", "inputmode": "numeric", "data-worth": piece}),
            )
        self.fields[LOOSE] = AmountField(label=_("Loose coins, their sum"), required=False)

    @property
    def piece_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in (*self.piece_names, LOOSE)]

    def pieces(self) -> dict[str, Any]:
        """What was typed, as `pieces.read_pieces` takes it."""
        typed = self.cleaned_data
        counted = {piece: typed[name] or 0 for name, piece in self.piece_names.items()}
        return {**counted, LOOSE: typed[LOOSE] or ""}

    @property
    def comes_to(self) -> str:
        """The sum of the notes and coins that are typed so far; nothing as long as something of it is wrong."""
        if not self.is_bound or self.errors.keys() & {*self.piece_names, LOOSE}:
            return ""
        clinic = profile.current()
        try:
            total = read_pieces(self.pieces(), clinic.currency_info).total
        except PiecesRefused:
            return ""
        return format_money(total, clinic.currency_info, clinic.locale)


class OpeningForm(PiecesForm):
    drawer = forms.ModelChoiceField(Drawer.objects.none(), label=_("Drawer"), empty_label=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drawer = self.fields["drawer"]
        assert isinstance(drawer, forms.ModelChoiceField)
        drawer.queryset = Drawer.objects.filter(is_active=True)


class CountForm(PiecesForm):
    """Blind: nothing on it says what should be there."""

    card = AmountField(label=_("Card slips, their sum"), required=False)
    upi = AmountField(label=_("UPI receipts, their sum"), required=False)
    cheque = AmountField(label=_("Cheques, their sum"), required=False)

    @property
    def slip_fields(self) -> list[forms.BoundField]:
        return [self["card"], self["upi"], self["cheque"]]

    def counted(self) -> Counted:
        slips = {name: self.cleaned_data[name] or 0 for name in ("card", "upi", "cheque")}
        return Counted(self.pieces(), **slips)


class RecountForm(CountForm):
    after = forms.IntegerField(widget=forms.HiddenInput)


class MovementForm(forms.Form):
    ticket = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("What for"), choices=DrawerMovement.Kind.choices, initial="to_bank")
    amount = AmountField(label=_("Amount"))
    reason = forms.CharField(label=_("In words"), max_length=LONGEST_REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket"].initial = uuid4  # a form sent twice moves once


class ClosingForm(forms.Form):
    """Why each method that differs differs; and who goes on with the drawer, if it is handed over."""

    handed_to = forms.ModelChoiceField(
        User.objects.none(), label=_("Hand over to"), required=False, empty_label=_("Nobody")
    )

    def __init__(self, session: DrawerSession, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        self.counts = list(session.last_counts())
        for one in self.counts:
            if one.variance:
                self.fields[f"reason_{one.method}"] = forms.CharField(
                    label=_("Why %(method)s differs") % {"method": PaymentMethod(one.method).label},
                    max_length=LONGEST_REASON,
                    initial=one.reason,
                    error_messages={"required": _("Say why.")},
                )
        self.order_fields([name for name in self.fields if name != "handed_to"])
        people = self.fields["handed_to"]
        assert isinstance(people, forms.ModelChoiceField)
        people.queryset = may_have_drawers().exclude(pk=session.cashier_id)
        people.initial = session.handed_to_id

    def reasons(self) -> dict[str, str]:
        typed = self.cleaned_data
        return {one.method: typed.get(f"reason_{one.method}", "") for one in self.counts}


class DrawerForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)


def may_have_drawers() -> QuerySet[User]:
    """The staff who may answer for a drawer."""
    right = {"groups__permissions__codename": "use_drawer", "groups__permissions__content_type__app_label": "billing"}
    return User.objects.filter(is_active=True, pk__in=User.objects.filter(**right).values("pk"))
