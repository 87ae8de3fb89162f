"""What the chart and the page of consents show of a patient."""

from typing import Any

from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.patients import consents
from apps.patients.models import ConsentForm, Patient, PatientConsent

TONES = {"agreed": "green", "refused": "red", "revoked": "red", "expired": "amber"}


def consents_of(patient: Patient) -> dict[str, Any]:
    """Texts to sign, and answers with their state today; a constant number of queries."""
    at, zone = now(), profile.current().zone
    day = day_of(at, zone)
    answers = list(PatientConsent.objects.of_patient(patient).with_form())
    texts = consents.current_texts(
        list(ConsentForm.objects.filter(published_at__isnull=False)), patient.preferred_language
    )
    missing = {form.pk: form for form in consents.missing_for(patient, at=at)}
    held = {answer.form.series for answer in answers if answer.holds_on(day)}
    rows = [{"answer": one, "state": one.state_on(day), "tone": TONES[one.state_on(day)]} for one in answers]
    return {
        "answers": rows,
        "missing": list(missing.values()),
        "others": [text for text in texts if text.pk not in missing and text.series not in held],
        "zone": zone,
    }
