"""Experiments after a failure: repeat the connection with one parameter changed, and compare the results."""

from typing import Final

from wssure.errors import UsageError, WssError, usage_error
from wssure.evidence import Failure

__all__ = ["BUDGET_S", "investigate"]

BUDGET_S: Final = 3.0


async def investigate(error: WssError, *, budget_s: float = BUDGET_S, fetch: bool = False) -> Failure:
    """Run the experiments that distinguish the possible causes of a failed connection, and return the result.

    No experiment runs unless this is called. Every experiment connects to the address that failed, one connection at a
    time, at most twelve. They carry no Authorization, cookie, header of yours, query or client certificate, and send
    nothing after an unverified handshake.

        try:
            ws = await wssure.connect(url)
        except wssure.ConnectFailed as error:
            failure = await wssure.investigate(error)

    Args:
        error: The exception from `connect`.
        budget_s: Seconds for all experiments.
        fetch: After a rejected certificate, also fetch its issuer's certificate and the revocation status. By plain
            HTTP from public addresses only, at most four times; needs the extra `fetch`.

    Returns:
        The failure with the experiments among its facts; unchanged if no experiment was useful.

    Raises:
        UsageError: `error` is not an error of this package or has no failure, `budget_s` is not a time, or `fetch`
            needs a package that is not installed.
    """
    if not isinstance(error, WssError) or error.failure is None:
        got = type(error).__name__
        raise usage_error(
            "error", f"error got {got}, expected an error of wssure that explains a failure", "pass it on"
        )
    if isinstance(budget_s, bool) or not isinstance(budget_s, (int, float)) or not 0 < budget_s < float("inf"):
        raise usage_error("budget_s", "budget_s got no time above 0", "give it seconds, such as 3")
    target = getattr(error, "target", None)
    if isinstance(error, UsageError) or target is None:
        return error.failure
    # Imported here: programs without failed connections do not need it.
    from wssure.tools.probe.fetch import need_library
    from wssure.tools.probe.run import prepare

    if fetch:
        need_library()
    examination = await prepare(error.failure, target, fetch=fetch)
    return error.failure if examination is None else await examination.run(budget_s)
