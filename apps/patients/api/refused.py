"""How the API tells which details cannot be right."""

from rest_framework.serializers import ValidationError

from apps.patients.details import BadDetails


def by_field(refusal: BadDetails) -> ValidationError:
    """400 with the words beside each field."""
    return ValidationError({name: [str(words)] for name, words in refusal.errors.items()})
