"""Charts as plain SVG: this works out where everything stands, the template draws it. A table stands beside each."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import MINUS, ZERO, Currency, format_money

WIDTH, HEIGHT = 960, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 12, 28
SPARK_WIDTH, SPARK_HEIGHT = 120, 36
NICE = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Tick:
    y: str
    words: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    series: int
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Groups of bars beside each other, with the lines of their scale."""

    bars: list[Bar]
    ticks: list[Tick]
    labels: list[Label]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


@dataclass(frozen=True, slots=True)
class Group:
    """What stands above one label: an amount, a link and spoken words for each series."""

    label: str
    amounts: Sequence[Decimal]
    hrefs: Sequence[str]
    words: Sequence[str]


def bar_chart(groups: Sequence[Group], currency: Currency, locale: str) -> BarChart:
    """Bars from zero upwards, or downwards on days when more went back than came in."""
    amounts = [amount for group in groups for amount in group.amounts]
    step, low, high = _scale(min([*amounts, ZERO]), max([*amounts, ZERO]))
    room = Decimal(HEIGHT - TOP - BOTTOM)

    def y_of(amount: Decimal) -> Decimal:
        return TOP + (high - amount) / (high - low) * room

    slot = Decimal(WIDTH - LEFT - RIGHT) / max(len(groups), 1)
    series = max((len(group.amounts) for group in groups), default=1)
    bar_width = min(slot * Decimal("0.72") / series, Decimal(28))
    bars, labels = [], []
    every = _label_every(len(groups))
    for index, group in enumerate(groups):
        middle = LEFT + slot * index + slot / 2
        for number, amount in enumerate(group.amounts):
            top, bottom = sorted((y_of(amount), y_of(ZERO)))
            x = middle + (number - Decimal(series) / 2) * bar_width
            bars.append(
                Bar(_px(x), _px(top), _px(bar_width - Decimal("0.8")), _px(bottom - top), number,
                    group.hrefs[number], group.words[number])
            )  # fmt: skip
        if index == 0 or (index + 1) % every == 0:
            labels.append(Label(_px(middle), group.label))
    ticks = []
    mark = low
    while mark <= high:
        ticks.append(Tick(_px(y_of(mark)), compact(mark, currency, locale), mark == 0))
        mark += step
    return BarChart(bars, ticks, labels)


def sparkline(amounts: Sequence[Decimal]) -> str:
    """The points of a small line without scale, for beside a figure."""
    if len(amounts) < 2:
        return ""
    low, high = min(amounts), max(amounts)
    spread = high - low or Decimal(1)
    across = Decimal(SPARK_WIDTH - 4) / (len(amounts) - 1)
    return " ".join(
        f"{_px(2 + across * index)},{_px(2 + (high - amount) / spread * (SPARK_HEIGHT - 4))}"
        for index, amount in enumerate(amounts)
    )


def compact(amount: Decimal, currency: Currency, locale: str) -> str:
    """A round amount for a scale: $4k, ₹2.5L, ¥1.2M."""
    lakh = locale.lower().endswith("-in") or locale.lower().startswith("hi")
    units = [(10**7, "Cr"), (10**5, "L"), (10**3, "k")] if lakh else [(10**9, "bn"), (10**6, "M"), (10**3, "k")]
    sign = MINUS if amount < 0 else ""
    for size, letter in units:
        if abs(amount) >= size:
            short = f"{(abs(amount) / size).normalize():f}"
            return f"{sign}{_symbol(currency)}{short}{letter}"
    if amount == amount.to_integral_value():
        return f"{sign}{_symbol(currency)}{abs(amount):.0f}"
    return format_money(amount, currency, locale)


def _symbol(currency: Currency) -> str:
    return currency.symbol if len(currency.symbol) <= 2 else ""


def _scale(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """The distance between lines, the lowest and the highest line: four or so round steps that hold everything."""
    if low == high:
        high = Decimal(4)
    rough = (high - low) / 4
    power = Decimal(10) ** rough.adjusted()
    step = next(nice * power for nice in NICE if nice * power >= rough)
    bottom = (low / step).to_integral_value(rounding="ROUND_FLOOR") * step
    top = (high / step).to_integral_value(rounding="ROUND_CEILING") * step
    return step, bottom, top


def _label_every(count: int) -> int:
    if count <= 16:
        return 1
    return 5 if count <= 31 else 10


def _px(value: Decimal) -> str:
    return f"{value:.1f}"
