"""The two feeds: what each takes of what a feed knows, and how it makes its next tick.

Both have the same form. ``verify`` makes one able to publish; before it there is no way to.
"""

from typing import Final, Protocol, final

from ledger.core.messages import AdvanceFunding, UpdatePrices
from ledger.errors import NotVerified
from ledger.restart.feed import FundingPublisher, Header, PricePublisher
from services.feeds.restored import FeedMarket, LastTick, Restored
from services.feeds.series import Moment
from services.feeds.ticks import prices_at, rates_at

Tick = UpdatePrices | AdvanceFunding


class Feed(Protocol):
    """What a player needs of a feed. ``name`` is for people, ``producer`` begins the ids of its ticks."""

    name: str
    producer: str

    def last(self, restored: Restored) -> LastTick:
        """The last accepted tick."""

    def markets(self, restored: Restored) -> dict[str, FeedMarket]:
        """The markets of its ticks. Raises ``NotVerified`` for one that is not listed."""

    def verify(self, restored: Restored) -> None:
        """From now on it can publish. Raises ``NotVerified``."""

    def go_on(self, restored: Restored) -> None:
        """The next tick follows the last accepted one. Raises ``Fenced`` after a later instance."""

    def waits(self, restored: Restored, moment: Moment) -> str:
        """What has to come before a tick of this moment; empty if nothing has."""

    def tick(self, header: Header, restored: Restored, moment: Moment) -> Tick:
        """The next tick."""

    def question(self, header: Header) -> Tick:
        """A tick that is always refused and changes nothing.

        Its outcome says that every command before it was taken.
        """


@final
class PriceFeed:
    """Publishes prices of ``chosen`` markets, of every listed one if none are named."""

    def __init__(self, source: str, chosen: tuple[str, ...] = ()) -> None:
        self.name = "prices"
        self.producer = "price-feed"
        self._source = source
        self._chosen = chosen
        self._publisher: PricePublisher | None = None

    def last(self, restored: Restored) -> LastTick:
        """See ``Feed``."""
        return restored.prices

    def markets(self, restored: Restored) -> dict[str, FeedMarket]:
        """See ``Feed``."""
        listed = restored.listed()
        for name in self._chosen:
            if name not in listed:
                raise NotVerified("the ledger lists no such market", where=name, remedy="Correct --markets")
        return {name: listed[name] for name in self._chosen} if self._chosen else listed

    def verify(self, restored: Restored) -> None:
        """See ``Feed``."""
        self._publisher = restored.price_publisher(self._source)

    def go_on(self, restored: Restored) -> None:
        """See ``Feed``."""
        self._verified().goes_on_from(restored.price_place())

    def waits(self, restored: Restored, moment: Moment) -> str:  # noqa: ARG002
        """See ``Feed``."""
        return "" if moment.observed else "no market has a price to start from"

    def tick(self, header: Header, restored: Restored, moment: Moment) -> UpdatePrices:
        """See ``Feed``."""
        prices = prices_at(restored, moment.observed)
        return self._verified().tick(header, moment.observed_at_ms, prices)

    def question(self, header: Header) -> UpdatePrices:
        """See ``Feed``."""
        return UpdatePrices(*header, 0, 0, NO_SOURCE, 0, 0, [])

    def _verified(self) -> PricePublisher:
        if self._publisher is None:
            raise NotVerified("this feed has not verified what it restored", where=self.name)
        return self._publisher


@final
class FundingFeed:
    """Publishes rates and indices of every listed market: a funding tick leaves none out."""

    def __init__(self, source: str) -> None:
        self.name = "funding"
        self.producer = "funding-feed"
        self._source = source
        self._publisher: FundingPublisher | None = None

    def last(self, restored: Restored) -> LastTick:
        """See ``Feed``."""
        return restored.funding

    def markets(self, restored: Restored) -> dict[str, FeedMarket]:
        """See ``Feed``."""
        return restored.listed()

    def verify(self, restored: Restored) -> None:
        """See ``Feed``."""
        self._publisher = restored.funding_publisher(self._source)

    def go_on(self, restored: Restored) -> None:
        """See ``Feed``."""
        self._verified().goes_on_from(restored.funding_place())

    def waits(self, restored: Restored, moment: Moment) -> str:
        """A rate is not published before the prices of its time: it is made of them."""
        unpriced = restored.unpriced()
        if unpriced:
            return f"{unpriced[0]} has no price yet"
        if restored.prices.observed_at_ms < moment.observed_at_ms:
            return "the prices of its time are not there yet"
        return ""

    def tick(self, header: Header, restored: Restored, moment: Moment) -> AdvanceFunding:
        """See ``Feed``."""
        rates = rates_at(restored, moment.observed_at_ms, moment.observed)
        return self._verified().tick(header, moment.observed_at_ms, rates)

    def question(self, header: Header) -> AdvanceFunding:
        """See ``Feed``."""
        return AdvanceFunding(*header, 0, 0, NO_SOURCE, 0, 0, [])

    def _verified(self) -> FundingPublisher:
        if self._publisher is None:
            raise NotVerified("this feed has not verified what it restored", where=self.name)
        return self._publisher


NO_SOURCE: Final = ""
"""A tick without a source is refused before any guard looks at it."""
