"""Issue a patient's card, replace it, and say what stands on the clinic's cards."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import BirthOnCard, CardDesign, CardReason, IdCard, Patient
from apps.patients.models.card import CARD_SERIES
from apps.patients.models.persons import in_use


class BadReason(Refusal):
    code = "bad_card_reason"
    field = "reason"
    message = _("Say why the patient needs another card.")


class ReplacedMeanwhile(Conflict):
    """A double click, or two desks at once."""

    code = "card_replaced"
    message = _("This patient has just been given another card. Look at it before you issue one more.")


class BadDesign(Refusal):
    code = "bad_card_design"


def issue(patient: Patient, *, reason: str = "", replaces: UUID | None = None, by: User, at: datetime) -> IdCard:
    """Give a patient a card (CRD-2026-00001); the one that they had becomes void.

    `replaces` is the card that the person at the desk saw as valid, None if there was none.
    Raises BadReason, ReplacedMeanwhile.
    """
    with transaction.atomic():
        patient = in_use(patient)
        Patient.objects.select_for_update(no_key=True).only("pk").get(pk=patient.pk)
        # More than one only where records that had a card each were merged.
        valid = list(IdCard.objects.of_patient(patient).valid().select_for_update().order_by("-issued_at", "-id"))
        if (valid[0].pk if valid else None) != replaces:
            raise ReplacedMeanwhile
        if not valid:
            reason = reason or CardReason.FIRST
        elif reason == CardReason.FIRST:
            raise BadReason
        if reason not in CardReason.values:
            raise BadReason
        for old in valid:
            old.voided_at, old.voided_by = at, by
            old.save(update_fields=["voided_at", "voided_by"])
        card = IdCard(patient=patient, reason=reason, issued_at=at, issued_by=by)
        card.serial = next_number(CARD_SERIES, on=day_of(at, profile.current().zone))
        card.save(force_insert=True)
    return card


def design() -> CardDesign:
    """What stands on this clinic's cards."""
    return CardDesign.objects.first() or CardDesign()


def amend_design(
    *, birth: str, shows_sex: bool, shows_blood_group: bool, has_back: bool, by: User, at: datetime
) -> CardDesign:
    """Change what is printed from now on. Raises BadDesign."""
    if birth not in BirthOnCard.values:
        raise BadDesign(_("Choose what of the birth is printed."), field="birth")
    values = {"birth": birth, "shows_sex": shows_sex, "shows_blood_group": shows_blood_group, "has_back": has_back}
    with transaction.atomic():
        return CardDesign.objects.update_or_create(only=True, defaults=values)[0]
