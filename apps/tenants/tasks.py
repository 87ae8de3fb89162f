"""Work outside the request: a task runs inside one clinic and one transaction, named by a signed envelope."""

from contextlib import suppress
from typing import Any

from celery import Task, shared_task
from django.core import signing
from django.db import transaction
from django.utils import timezone

from apps.core.connection import ClinicContext, connection
from apps.core.models import PLATFORM_ID
from apps.tenants.backend.base import OutsideClinicError
from apps.tenants.models import Clinic
from apps.tenants.provisioning import NotOpen, open_registered

SALT = "hpms.task"
ENVELOPE_LIFETIME = 86_400  # seconds


class ClinicTask(Task[Any, Any]):
    """`announce` sends after COMMIT; a worker enters the clinic of the envelope, runs, commits. Unsigned: refused."""

    def announce(self, *args: Any, **kwargs: Any) -> None:
        context = connection.context
        if context is None:
            raise OutsideClinicError(f"{self.name} must be announced from inside a clinic.")
        headers = {"hpms": envelope_for(self.name, context)}
        transaction.on_commit(lambda: self.apply_async(args, kwargs, headers=headers))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        envelope = getattr(self.request, "hpms", None) or (self.request.headers or {}).get("hpms")
        if not envelope:
            raise PermissionError(f"{self.name} arrived without a clinic.")
        schema, clinic, actor, task, slug, name = signing.loads(envelope, salt=SALT, max_age=ENVELOPE_LIFETIME)
        if task != self.name:
            raise PermissionError(f"{self.name} arrived with an envelope for {task}.")
        # The clinic's name and address come along: what a task writes to people carries them.
        with connection.inside(schema, clinic=clinic, actor=f"task:{task} for {actor}", slug=slug, name=name):
            return super().__call__(*args, **kwargs)


def sign(schema: str, clinic: str, actor: str, task_name: str, *, slug: str = "", name: str = "") -> str:
    """An envelope that lets one named task run in one clinic for a day."""
    return signing.dumps([schema, clinic, actor, task_name, slug, name], salt=SALT)


def envelope_for(task_name: str, context: ClinicContext) -> str:
    """An envelope for a task in the clinic that the transaction is in, on behalf of whoever acts there."""
    return sign(context.schema, context.clinic, context.actor, task_name, slug=context.slug, name=context.name)


def in_every_clinic(task: ClinicTask, *, suspended: bool = False) -> int:
    """Send a clinic's task once for the platform and once for each open clinic; how many (beat's part).

    ``suspended``: for those as well that are closed for now, because what is kept for a time goes after that time.
    """
    states = [Clinic.State.OPEN, *([Clinic.State.SUSPENDED] if suspended else [])]
    with connection.inside("public", clinic=PLATFORM_ID, actor="beat"):
        rows = list(Clinic.objects.filter(state__in=states).values_list("schema_name", "pk", "slug", "name"))
    for schema, clinic, slug, name in [("public", PLATFORM_ID, "", "HPMS"), *rows]:
        task.apply_async(headers={"hpms": sign(schema, str(clinic), "beat", task.name, slug=slug, name=name)})
    return len(rows) + 1


@shared_task(name="tenants.open_waiting_clinics")
def open_waiting_clinics() -> int:
    """Build every clinic that the console has registered. Needs the owner's login: the provisioning queue."""
    with connection.inside("public", clinic=PLATFORM_ID, actor="provisioning"):
        waiting = list(Clinic.objects.filter(state=Clinic.State.OPENING))
    failed: dict[str, Exception] = {}
    for clinic in waiting:
        try:
            with suppress(NotOpen):  # somebody else has opened it meanwhile
                open_registered(clinic, at=timezone.now())
        except Exception as error:  # the other clinics must not wait for this one; the task still fails
            failed[clinic.slug] = error
    if failed:
        raise ExceptionGroup(f"Not opened: {', '.join(failed)}", list(failed.values()))
    return len(waiting)
