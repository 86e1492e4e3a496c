"""The permission matrix as PRODUCT and PROTOCOL word it: who may do what, and from where.

It is written down here a second time, by hand, so that a slip in the daemon's own table shows. The
tests take the list of methods from the daemon, so that none can be missing here.
"""

from dataclasses import dataclass

#: Staff by their relation to the visit; the unit's may come in where the clinic says so.
RELATED = frozenset({"responsible", "added", "same_unit"})
NAMED = frozenset({"responsible", "added"})
STAFF = RELATED | {"none"}
#: The others; `link` is a guest by a personal link, `general` one by the general link.
FAMILY = frozenset({"patient", "proxy"})
GUESTS = frozenset({"guest", "link", "general"})
OTHERS = FAMILY | GUESTS
ROLES = (
    "responsible", "added", "same_unit", "none", "patient", "proxy", "guest", "link", "general"
)
#: Where somebody is: before joining while the call runs, in its lobby, in it, after its end.
PLACES = ("out", "lobby", "call", "after")
ANYWHERE = frozenset(PLACES)


@dataclass(frozen=True)
class Row:
    """Who may use a method, and where they have to be."""

    roles: frozenset[str]
    places: frozenset[str] = ANYWHERE
    #: Names a visit, or something in one: then it must not work on another visit.
    refers: bool = True


IN_CALL = frozenset({"call"})
INSIDE = frozenset({"lobby", "call"})
BEFORE = frozenset({"out", "lobby"})

ROWS = {
    "visit.list": Row(STAFF, refers=False),
    "visit.get": Row(STAFF),
    "visit.create": Row(STAFF, refers=False),
    "visit.update": Row(NAMED),
    "visit.start": Row(RELATED),
    "visit.cancel": Row(NAMED, frozenset({"after"})),
    "visit.close": Row(NAMED, frozenset({"after"})),
    "visit.add_staff": Row(RELATED),
    "visit.remove_staff": Row(RELATED),
    "visit.takeover": Row(RELATED, frozenset({"call", "after"})),
    "directory.search": Row(STAFF, refers=False),
    "directory.tree": Row(STAFF, refers=False),
    "invite.create": Row(RELATED),
    "invite.list": Row(RELATED),
    "invite.resend": Row(RELATED),
    "invite.revoke": Row(RELATED),
    "invite.link": Row(RELATED),
    # While a call runs, who is not in it joins it.
    "call.start": Row(RELATED, frozenset({"call", "after"})),
    "call.join": Row(RELATED | OTHERS, frozenset({"out", "lobby", "call"})),
    "call.leave": Row(RELATED | OTHERS, INSIDE, refers=False),
    "call.end": Row(RELATED, IN_CALL, refers=False),
    "call.request": Row(RELATED, IN_CALL),
    "call.withdraw": Row(RELATED, IN_CALL),
    "call.accept": Row(FAMILY, BEFORE, refers=False),
    "call.decline": Row(FAMILY, BEFORE, refers=False),
    "lobby.admit": Row(RELATED, IN_CALL),
    "lobby.admit_all": Row(RELATED, IN_CALL, refers=False),
    "lobby.deny": Row(RELATED, IN_CALL),
    "participant.hold": Row(RELATED, IN_CALL),
    "participant.remove": Row(RELATED, IN_CALL),
    "participant.mute": Row(RELATED, IN_CALL),
    "self.update": Row(RELATED | OTHERS, INSIDE, refers=False),
    "share.start": Row(RELATED, IN_CALL, refers=False),
    "share.stop": Row(RELATED | OTHERS, IN_CALL, refers=False),
    "pin.set": Row(RELATED | OTHERS, IN_CALL, refers=False),
    "view.set": Row(RELATED | OTHERS, IN_CALL, refers=False),
    "chat.send": Row(RELATED | OTHERS, IN_CALL, refers=False),
    "feedback.submit": Row(RELATED, frozenset({"after"}), refers=False),
    "media.negotiate": Row(RELATED | OTHERS, INSIDE, refers=False),
    "media.restart": Row(RELATED | OTHERS, INSIDE, refers=False),
    # A report from outside of a call is about nothing, and is left aside.
    "media.report": Row(STAFF | OTHERS, refers=False),
    "seats.acknowledge": Row(STAFF | OTHERS, refers=False),
    "probe.start": Row(STAFF | OTHERS, frozenset({"out", "after"}), refers=False),
}

#: How somebody is refused who may not: by role and relation, by place, or because there is
#: nothing there for them.
REFUSALS = frozenset({
    "not_permitted", "not_in_call", "not_joined", "already_joined", "share_not_enabled",
    "visit_not_found", "participant_not_found", "invite_not_found", "person_not_found",
    "request_not_found", "no_call", "call_open", "call_ended", "nothing_to_rate",
    "call_exists",
    "rating_not_enabled",
})


def reaches(role: str, place: str) -> bool:
    """Whether there is such a cell: staff does not wait, who has no right is never in, and with
    the call the sessions of all others end."""
    if role in STAFF:
        return place != "lobby" and (role != "none" or place == "out")
    return place != "after"


def allows(method: str, role: str, place: str) -> bool:
    """What the matrix says of one's own visit."""
    row = ROWS[method]
    if method == "feedback.submit" and (role, place) == ("responsible", "out"):
        # Who started the call and has left it can rate it.
        return True
    return role in row.roles and place in row.places
