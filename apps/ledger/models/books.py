"""Double entry: accounts, journal entries and their lines. Written once, for ever (FR-B02)."""

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.fields import MoneyField
from apps.core.models import ClinicModel, ClinicRow


class Account(ClinicModel):
    """One account of the clinic's chart. Its name may change; its code, kind and role may not: the database refuses."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("Asset")
        LIABILITY = "liability", _("Liability")
        EQUITY = "equity", _("Equity")
        INCOME = "income", _("Income")
        EXPENSE = "expense", _("Expense")

    class Role(models.TextChoices):
        """What the rules post to. A clinic has exactly one account for each."""

        CASH = "cash", _("Cash")
        CARD = "card", _("Card")
        UPI = "upi", _("UPI")
        BANK = "bank", _("Bank")
        ACCOUNTS_RECEIVABLE = "accounts_receivable", _("Accounts receivable")
        DEFERRED_REVENUE = "deferred_revenue", _("Deferred revenue")
        TAX_PAYABLE = "tax_payable", _("Tax payable")
        PATIENT_CREDIT = "patient_credit", _("Patient credit")
        REVENUE = "revenue", _("Revenue")
        WRITE_OFF = "write_off", _("Write-offs")
        ROUNDING = "rounding", _("Rounding")
        OVER_SHORT = "cash_over_short", _("Cash over and short")
        PETTY_EXPENSES = "petty_expenses", _("Petty expenses")
        GATEWAY_CLEARING = "gateway_clearing", _("Gateway clearing")
        GATEWAY_FEES = "gateway_fees", _("Gateway fees")

    code = models.CharField(_("code"), max_length=10, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    role = models.CharField(_("role"), max_length=20, choices=Role, blank=True)

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=["role"], condition=~models.Q(role=""), name="one_account_for_each_role"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["asset", "liability", "equity", "income", "expense"]), name="account_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def grows_by_debit(self) -> bool:
        """Assets and expenses grow on the debit side, all others on the credit side."""
        return self.kind in {Account.Kind.ASSET, Account.Kind.EXPENSE}


class JournalEntry(ClinicModel):
    """One event of the books: at least two lines whose debits equal their credits, proved at COMMIT.

    ``effective_on`` is the clinic's day on which it counts; ``recorded_at`` is when the books learned of it. With
    both, a report can be drawn as effective on a day and as known at a moment.
    """

    append_only: ClassVar[bool] = True

    number = models.CharField(_("number"), max_length=20, unique=True)
    effective_on = models.DateField(_("effective on"))
    recorded_at = models.DateTimeField(_("recorded at"))
    source = models.CharField(_("source"), max_length=40, help_text=_("The kind of event: invoice_issued …"))
    source_id = models.UUIDField(_("source document"), null=True)
    description = models.CharField(_("description"), max_length=200)
    by = models.ForeignKey(
        "accounts.User", verbose_name=_("by"), on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    reverses = models.OneToOneField(
        "self", verbose_name=_("reverses"), on_delete=models.PROTECT, null=True, related_name="reversed_by"
    )
    made_in = models.BigIntegerField(
        editable=False, default=0, help_text="The database's transaction; only it may add lines. Set by a trigger."
    )

    class Meta:
        ordering = ("-recorded_at", "-number")
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints = (
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=models.Q(source_id__isnull=False), name="posted_once"
            ),
            models.CheckConstraint(condition=~models.Q(description="") & ~models.Q(source=""), name="entry_says_why"),
            models.CheckConstraint(condition=~models.Q(reverses=models.F("id")), name="entry_is_not_its_own_mirror"),
        )
        indexes = (
            models.Index(fields=["-effective_on", "-number"], name="entry_by_day"),
            models.Index(fields=["-recorded_at", "-number"], name="entry_by_time"),
        )

    def __str__(self) -> str:
        return self.number


class JournalLineQuerySet(models.QuerySet["JournalLine"]):
    def effective_until(self, day: object) -> Self:
        """Lines that count on or before this day of the clinic; all for None."""
        return self if day is None else self.filter(effective_on__lte=day)

    def known_at(self, moment: object) -> Self:
        """Lines that the books knew of at this moment; all for None."""
        return self if moment is None else self.filter(recorded_at__lte=moment)


class JournalLine(ClinicRow):
    """An amount on one side of one account, for a subject (a party the ledger knows only by id) and a document.

    Day and time of the entry are copied by the database itself, so that sums over years need no join.
    """

    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    debit = MoneyField(default=0)
    credit = MoneyField(default=0)
    subject = models.UUIDField(null=True)
    document = models.UUIDField(null=True)
    effective_on = models.DateField(editable=False)
    recorded_at = models.DateTimeField(editable=False)

    objects = JournalLineQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                # The upper bound is wider than the column: it keeps out NaN, which PostgreSQL counts as positive.
                condition=models.Q(debit__gt=0, debit__lt=10**15, credit=0)
                | models.Q(credit__gt=0, credit__lt=10**15, debit=0),
                name="line_has_one_side",
            ),
        )
        indexes = (
            models.Index(
                fields=["account", "effective_on"], include=["debit", "credit", "recorded_at"], name="line_by_day"
            ),
            models.Index(
                fields=["subject", "account"],
                include=["debit", "credit", "effective_on", "recorded_at"],
                condition=models.Q(subject__isnull=False),
                name="line_by_subject",
            ),
            models.Index(
                fields=["document", "account"], condition=models.Q(document__isnull=False), name="line_by_document"
            ),
        )

    def __str__(self) -> str:
        return f"{self.debit or -self.credit}"


class AccountDay(ClinicRow):
    """What was debited and credited to an account on one day: the sum of its lines, kept by the database as they come.

    Sums over years are sums of days. Nobody writes here, and `check_books` proves that each is what its lines say.
    """

    derived: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="days", db_index=False)
    effective_on = models.DateField(editable=False)
    debit = MoneyField(max_digits=24, default=0, editable=False)
    credit = MoneyField(max_digits=24, default=0, editable=False)
    lines = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("effective_on", "account")
        constraints = (models.UniqueConstraint(fields=["account", "effective_on"], name="one_sum_of_a_day"),)

    def __str__(self) -> str:
        return f"{self.effective_on}: {self.debit} − {self.credit}"
