"""Taxi rides joined with their fares: by ride, where the fare comes within an hour after the ride began.

python examples/rides_and_fares.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import levada as lv
from levada.common import WatermarkStrategy
from levada.datastream import DataStream, ProcessJoinFunction

MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Ride:
    id: int
    taxi: str
    began: int


@dataclass(frozen=True, slots=True)
class Fare:
    ride: int
    amount: Decimal
    paid: int


@dataclass(frozen=True, slots=True)
class PaidRide:
    ride: Ride
    fare: Fare

    def __str__(self) -> str:
        minutes = (self.fare.paid - self.ride.began) // MINUTE
        return f"ride {self.ride.id} of {self.ride.taxi}: {self.fare.amount} after {minutes} min"


RIDES = [Ride(1, "north-7", 0), Ride(2, "west-1", 3 * MINUTE), Ride(3, "north-7", 40 * MINUTE)]
FARES = [
    Fare(1, Decimal("18.40"), 25 * MINUTE),
    Fare(2, Decimal("6.20"), 9 * MINUTE),
    Fare(3, Decimal("70.00"), 120 * MINUTE),
]


class Match(ProcessJoinFunction[Ride, Fare, PaidRide]):
    def process_element(self, left: Ride, right: Fare, ctx: ProcessJoinFunction.Context) -> Iterator[PaidRide]:
        yield PaidRide(left, right)


def paid_rides(rides: DataStream[Ride], fares: DataStream[Fare]) -> DataStream[PaidRide]:
    by_ride = rides.key_by(lambda ride: ride.id)
    joined = by_ride.interval_join(fares.key_by(lambda fare: fare.ride))
    return joined.between(timedelta(0), timedelta(hours=1)).process(Match())


def main() -> None:
    env = lv.environment()
    by_time = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(minutes=30))
    rides = env.from_collection(RIDES).assign_timestamps_and_watermarks(
        by_time.with_timestamp_assigner(lambda ride, _: ride.began)
    )
    fares = env.from_collection(FARES).assign_timestamps_and_watermarks(
        by_time.with_timestamp_assigner(lambda fare, _: fare.paid)
    )
    paid_rides(rides, fares).print()
    env.execute("rides and fares")


if __name__ == "__main__":
    main()
