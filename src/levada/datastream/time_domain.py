"""Which clock a timer follows."""

from levada.state.timers import TimeDomain

__all__ = ["TimeDomain"]
