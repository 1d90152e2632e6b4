"""An independent client of the packet switch, written from docs/wire.md alone.

    python3 peer.py HOST MEDIA_PORT CONTROL_PORT

Two clients, A and B, each with a control and a media socket on loopback (IPv4 or IPv6, as HOST
is), go through a scripted exchange with a switch that has no session key and few other clients.
Answers are checked field by field. Each step prints one line, `ok <what>` or `FAIL <what>: <why>`;
the exit status is 0 if all are ok, 1 if not.

Silence is not waited for: the datagram that must stay unanswered is followed, from the same socket
to the same port, by a HELLO, which leaves no state and is always answered. The next datagram to
arrive must be that answer; only CHANGED, which may come at any time, is read past.
"""

from __future__ import annotations

import secrets
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

TIMEOUT_S, TRIES = 2.0, 3
MASK = 0xFFFFFFFF
APP, RR, NAME = 204, 201, b"PKSW"
ASQ, VSQ, VHQ = 1, 2, 3  # types, in the low bits of an SSRC
WANT_ASQ, WANT_VSQ, ECHO = 1, 2, 1  # bits of a type mask, and of the flags
(HELLO, CHALLENGE, REGISTER, REGISTERED, BIND, SUBSCRIBE, KEEPALIVE, LEAVE, LIST, ACK, ROSTER,
 ERROR, CHANGED) = range(1, 14)
# What the switch may send: name and layout of the body (the entries of a ROSTER follow its layout).
ANSWERS = {CHALLENGE: ("CHALLENGE", "!8s16s"), REGISTERED: ("REGISTERED", "!8sII8sI"),
           ACK: ("ACK", "!III"), ROSTER: ("ROSTER", "!IIII"), ERROR: ("ERROR", "!8sI"),
           CHANGED: ("CHANGED", "!I")}


class Failure(Exception):
    """The switch did something that wire.md does not allow."""


class Message(NamedTuple):
    """One APP packet of the switch."""

    subtype: int
    ssrc: int
    fields: tuple[Any, ...]
    entries: list[tuple[int, int]]
    octets: bytes


def check(condition: bool, why: str) -> None:
    if not condition:
        raise Failure(why)


def equal(got: Any, expected: Any, what: str) -> None:
    check(got == expected, f"{what} is {got!r}, not {expected!r}")


def rises(new: int, old: int) -> bool:
    """Whether `new` is later than `old` as serial numbers of 32 bits (RFC 1982)."""
    return 0 < (new - old) & MASK < 1 << 31


def build(subtype: int, ssrc: int, body: bytes) -> bytes:
    return struct.pack("!BBHI4s", 0x80 | subtype, APP, 2 + len(body) // 4, ssrc, NAME) + body


def hello(nonce: bytes, size: int = 64) -> bytes:
    return build(HELLO, 0, nonce.ljust(size - 12, b"\0"))


def subscription(sources: list[int]) -> bytes:
    """The end of a SUBSCRIBE to the ASQ of these sources."""
    entries = [struct.pack("!II", source, WANT_ASQ) for source in sources]
    return struct.pack("!I", len(sources)) + b"".join(entries)


def parse(datagram: bytes) -> Message:
    """The switch's message in a datagram, alone or in a compound with packets of other kinds."""
    found, rest = [], datagram
    while rest:
        check(len(rest) >= 4, "an RTCP header is cut short")
        first, kind, words = struct.unpack_from("!BBH", rest)
        packet, rest = rest[:4 * (words + 1)], rest[4 * (words + 1):]
        check(first >> 6 == 2 and 192 <= kind <= 223,
              f"not RTCP but {len(datagram)} octets, {datagram[:12].hex()}")
        equal(len(packet), 4 * (words + 1), "the length of a packet")
        if kind == APP and packet[8:12] == NAME:
            found.append(packet)
    equal(len(found), 1, "the number of messages in a datagram")
    packet, first, ssrc = found[0], found[0][0], int.from_bytes(found[0][4:8], "big")
    check(first & 0x20 == 0 and first & 0x1F in ANSWERS, f"first octet {first:#x} of a message")
    check(ssrc & 15 == 0, f"the switch's SSRC {ssrc:#010x} has low bits set")
    name, layout = ANSWERS[first & 0x1F]
    end = 12 + struct.calcsize(layout)
    sizes = range(end, end + 8 * 128 + 1, 8) if first & 0x1F == ROSTER else [end]
    check(len(packet) in sizes, f"a {name} of {len(packet)} octets")
    return Message(first & 0x1F, ssrc, struct.unpack_from(layout, packet, 12),
                   list(struct.iter_unpack("!II", packet[end:])), packet)


class Switch:
    def __init__(self, host: str, media_port: int, control_port: int) -> None:
        self.host, self.media_port, self.control_port = host, media_port, control_port
        self.ssrc: int | None = None  # its own, once seen


class Endpoint:
    """One UDP socket on loopback that hears the switch and nobody else."""

    def __init__(self, switch: Switch, hears_changed: bool = False) -> None:
        v6 = ":" in switch.host
        self.switch, self.hears_changed = switch, hears_changed
        self.changed: int | None = None  # version in the last CHANGED
        self.socket = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("::1" if v6 else "127.0.0.1", 0))

    def send(self, datagram: bytes, port: int) -> None:
        self.socket.sendto(datagram, (self.switch.host, port))

    def receive(self, deadline: float) -> tuple[bytes, int]:
        """The next datagram and the switch's port that it came from."""
        self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
        datagram, source = self.socket.recvfrom(65536)
        equal(source[0], self.switch.host, "the source address")
        return datagram, source[1]

    def message(self, port: int, deadline: float) -> Message:
        """The next message, which comes from this port of the switch or is a CHANGED."""
        datagram, source = self.receive(deadline)
        message = parse(datagram)
        self.switch.ssrc = message.ssrc if self.switch.ssrc is None else self.switch.ssrc
        equal(message.ssrc, self.switch.ssrc, "the switch's SSRC")
        if message.subtype == CHANGED:
            version, port = message.fields[0], self.switch.control_port
            check(self.hears_changed, "CHANGED came to a media address")
            check(self.changed is None or rises(version, self.changed),
                  f"CHANGED goes from version {self.changed} to {version}")
            self.changed = version
        equal(source, port, "the source port of a message")
        return message

    def ask(self, request: bytes, port: int, expected: int) -> Message:
        """Sends a request, again if need be, and returns its answer."""
        for _ in range(TRIES):
            self.send(request, port)
            deadline = time.monotonic() + TIMEOUT_S
            try:
                while (answer := self.message(port, deadline)).subtype == CHANGED:
                    pass
            except TimeoutError:
                continue
            check(answer.subtype == expected,
                  f"{ANSWERS[answer.subtype][0]} {answer.fields} instead of {ANSWERS[expected][0]}")
            return answer
        raise Failure(f"no {ANSWERS[expected][0]} after {TRIES} tries")

    def challenge(self, request: bytes, port: int, nonce: bytes) -> bytes:
        """Sends a request that must be challenged, and returns the cookie."""
        echoed, cookie = self.ask(request, port, CHALLENGE).fields
        equal(echoed, nonce, "the nonce of CHALLENGE")
        return cookie

    def silence(self, port: int, *unanswered: bytes) -> None:
        """Checks that these datagrams are not answered, and that nothing else is in the queue."""
        for datagram in unanswered:
            self.send(datagram, port)
        nonce = secrets.token_bytes(8)
        self.challenge(hello(nonce), port, nonce)

    def wait_changed(self, version: int) -> None:
        """Waits until CHANGED has told of this roster version."""
        deadline = time.monotonic() + TIMEOUT_S
        while self.changed is None or rises(version, self.changed):
            equal(self.message(0, deadline).subtype, CHANGED, "the subtype of an unasked message")


class Client:
    def __init__(self, switch: Switch, flags: int, wants: int, lease: int, seq: int) -> None:
        self.control, self.media = Endpoint(switch, hears_changed=True), Endpoint(switch)
        self.switch, self.port = switch, switch.control_port
        self.options = struct.pack("!III", flags, wants, lease)
        self.seq = seq  # the next to use
        self.nonce, self.cookie, self.token = secrets.token_bytes(8), bytes(16), bytes(8)
        self.ssid = self.version = 0  # the version is the roster's in the last answer

    def registration(self, cookie: bytes) -> bytes:
        return build(REGISTER, 0, self.nonce + cookie + self.options)

    def request(self, subtype: int, rest: bytes = b"", back: int = 0) -> bytes:
        """A message with the next seq, which stays the next, or one `back` from there."""
        seq = struct.pack("!I", (self.seq - back) & MASK)
        return build(subtype, self.ssid, self.token + seq + rest)

    def accepted(self, version: int) -> None:
        """Takes note that the next seq is used up, and of the roster version in the answer."""
        for known in (self.version, self.control.changed):
            check(known is None or not rises(known, version), f"version {version} after {known}")
        self.seq, self.version = (self.seq + 1) & MASK, version

    def command(self, request: bytes, status: int = 0, port: int = 0,
                through: Endpoint | None = None) -> Message:
        """Sends a message with the next seq, and checks the ACK."""
        answer = (through or self.control).ask(request, port or self.port, ACK)
        equal(answer.fields[:2], (self.seq, status), "(seq, status) of ACK")
        self.accepted(answer.fields[2])
        return answer

    def roster(self, start: int = 0) -> list[tuple[int, int]]:
        """The page of the roster that starts there, and which must be the last."""
        answer = self.control.ask(self.request(LIST, struct.pack("!I", start)), self.port, ROSTER)
        seq, version, first, total = answer.fields
        equal((seq, first), (self.seq, start), "(seq, first index) of ROSTER")
        self.accepted(version)
        equal(len(answer.entries), total - first, "the number of entries")
        equal(len(dict(answer.entries)), total - first, "the number of SSIDs")
        for ssid, types in answer.entries:
            check(ssid not in (0, self.switch.ssrc) and ssid & 15 == 0, f"SSID {ssid:#010x}")
            check(types & ~7 == 0, f"types seen {types:#x}")
        return answer.entries


class Script:
    """The steps of the exchange; each raises Failure if the switch is at fault."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.a = Client(switch, flags=ECHO, wants=0, lease=0, seq=0)
        # B's seq runs over the end of its number space. Its wants must yield to its SUBSCRIBE.
        self.b = Client(switch, flags=0, wants=WANT_VSQ, lease=1_000_000, seq=0xFFFFFFFE)
        self.number = 0

    def hello(self, me: Client) -> None:
        me.cookie = me.control.challenge(hello(me.nonce), me.port, me.nonce)
        me.control.silence(me.port, hello(me.nonce, 60), hello(me.nonce, 20))

    def register(self, me: Client) -> None:
        wrong = bytes([me.cookie[0] ^ 1]) + me.cookie[1:]
        fresh = me.control.challenge(me.registration(wrong), me.port, me.nonce)
        if me is self.a:  # B registers with the cookie that its HELLO got
            me.cookie = fresh
        answer = me.control.ask(me.registration(me.cookie), me.port, REGISTERED)
        nonce, me.ssid, lease, me.token, me.version = answer.fields
        equal(nonce, me.nonce, "the nonce of REGISTERED")
        check(me.ssid not in (0, self.switch.ssrc) and me.ssid & 15 == 0, f"SSID {me.ssid:#010x}")
        check(lease == 30 if me is self.a else 5 <= lease <= 300, f"a lease of {lease} s")
        if me is self.b:
            check(me.ssid != self.a.ssid, "A and B have the same SSID")
            check(me.token != self.a.token, "A and B have the same token")
            check(rises(me.version, self.a.version), f"B joins, and the version is {me.version}")
        again = me.control.ask(me.registration(me.cookie), me.port, REGISTERED)
        equal(again.octets.hex(), answer.octets.hex(), "the answer to the same REGISTER")

    def bind(self, me: Client) -> None:
        nonce = struct.pack("!II", me.seq, me.ssid)
        cookie = me.media.challenge(me.request(BIND, bytes(16)), self.switch.media_port, nonce)
        me.command(me.request(BIND, cookie), port=self.switch.media_port, through=me.media)
        me.media.silence(me.port, me.request(BIND, bytes(16)), me.request(BIND, cookie))

    def listing(self) -> None:
        entries = self.a.roster()
        ours = [entry for entry in entries if entry[0] in (self.a.ssid, self.b.ssid)]
        equal(ours, [(self.a.ssid, 0), (self.b.ssid, 0)], "our part of the roster")
        equal(self.b.roster(start=1), entries[1:], "the roster from index 1")
        self.a.control.wait_changed(self.b.version)

    def rtp(self, kind: int, first: int = 0x80, second: int = 96, rest: bytes = b"") -> bytes:
        """A new RTP packet in A's name."""
        self.number += 1
        header = (first, second, self.number, 960 * self.number, self.a.ssid | kind)
        return struct.pack("!BBHII", *header) + rest

    def expect(self, sent: list[bytes]) -> None:
        """A sends good packets: B gets the ASQ ones, A all, per type in order, and no more."""
        def of(kind: int, packets: list[tuple[bytes, int]]) -> list[tuple[bytes, int]]:
            return [(one, port) for one, port in packets if one[11:12] and one[11] & 15 == kind]

        for packet in sent:
            self.a.media.send(packet, self.switch.media_port)
        expected = [(packet, self.switch.media_port) for packet in sent]
        deadline = time.monotonic() + TIMEOUT_S
        echoed = [self.a.media.receive(deadline) for _ in sent]
        heard = [self.b.media.receive(deadline) for _ in of(ASQ, expected)]
        equal(heard, of(ASQ, expected), "what B hears, with its port")
        for kind in (ASQ, VSQ):
            equal(of(kind, echoed), of(kind, expected), f"what A hears of type {kind}")
        for client in (self.a, self.b):
            client.media.silence(self.switch.media_port)

    def media(self) -> None:
        self.b.command(self.b.request(SUBSCRIBE, subscription([self.a.ssid])))
        payload, csrc, extension = secrets.token_bytes(160), bytes(range(8)), b"\xbe\xde\0\1abcd"
        shapes = [(0x80, 96, payload), (0x80, 191, payload), (0x80, 224, payload), (0x80, 96, b""),
                  (0x82, 96, csrc + payload), (0x92, 96, csrc + extension + payload[:33])]
        self.expect([self.rtp(kind, *shape) for shape in shapes for kind in (ASQ, VSQ)])
        seen = dict(self.b.roster())
        types = [seen.get(me.ssid) for me in (self.a, self.b)]
        equal(types, [WANT_ASQ | WANT_VSQ, 0], "types seen")

    def repeats(self) -> None:
        for me in (self.a, self.b):
            me.command(me.request(KEEPALIVE))
            request = me.request(KEEPALIVE)
            answer = me.command(request)
            again = me.control.ask(request, me.port, ACK)
            equal(again.octets.hex(), answer.octets.hex(), "the answer to a repeat")
            me.control.silence(me.port, me.request(KEEPALIVE, back=2))

    def refusals(self) -> None:
        request = self.a.request(KEEPALIVE)
        wrong = request[:12] + bytes([request[12] ^ 1]) + request[13:]
        self.a.control.silence(self.a.port, wrong)
        self.b.control.silence(self.b.port, request)  # A's message, not from A's address
        self.a.command(request)  # neither has used the seq up

    def statuses(self) -> None:
        many = [16 * number for number in range(1, 130)]
        for sources, status in (([self.b.ssid], 4), ([self.a.ssid | ASQ], 4), (many, 8)):
            self.b.command(self.b.request(SUBSCRIBE, subscription(sources)), status)
        self.expect([self.rtp(ASQ)])  # the subscription is what it was

    def keepalive(self) -> None:
        for port in (self.switch.control_port, self.switch.media_port):
            self.a.command(self.a.request(KEEPALIVE), port=port)
        receiver_report = struct.pack("!BBHI", 0x80, RR, 1, self.a.ssid | ASQ)
        self.a.command(receiver_report + self.a.request(KEEPALIVE))
        self.a.control.silence(self.a.port, 2 * self.a.request(KEEPALIVE))

    def spoofed(self) -> None:
        for endpoint in (Endpoint(self.switch), self.a.control, self.b.media):
            endpoint.silence(self.switch.media_port, self.rtp(ASQ))
            self.expect([self.rtp(ASQ), self.rtp(VSQ)])

    def unforwarded(self) -> None:
        bad = [self.rtp(kind) for kind in (0, *range(VHQ + 1, 16))]
        bad += [self.rtp(ASQ)[:1], self.rtp(ASQ)[:11], self.rtp(ASQ, 0x40), self.rtp(ASQ, 0x8F),
                self.rtp(ASQ, 0x90, rest=b"\0\0"), self.rtp(ASQ, 0x90, rest=b"\0\0\0\2abcd")]
        self.a.media.silence(self.switch.media_port, *bad)
        self.expect([self.rtp(ASQ), self.rtp(VSQ)])

    def leave(self) -> None:
        a, b, before = self.a, self.b, self.b.version
        a.command(a.request(LEAVE))
        a.media.silence(self.switch.media_port, self.rtp(ASQ), self.rtp(VSQ))
        b.media.silence(self.switch.media_port)
        a.control.silence(a.port, a.request(KEEPALIVE))
        a.control.challenge(a.registration(a.cookie), a.port, a.nonce)  # a cookie registers once
        entries = dict(b.roster())
        check(a.ssid not in entries and b.ssid in entries, "the roster has A or lacks B")
        check(rises(b.version, before), f"A leaves, and the version is {b.version}")
        b.control.wait_changed(b.version)
        b.media.silence(self.switch.media_port)
        b.command(b.request(LEAVE))
        b.control.silence(b.port, b.request(KEEPALIVE))

    def run(self) -> bool:
        """Runs the steps up to the first that fails, since each builds on those before it."""
        steps: list[tuple[str, Callable[[], None]]] = []
        for name, me in (("A", self.a), ("B", self.b)):
            steps += [(f"{name}: HELLO gets a CHALLENGE, if long", lambda me=me: self.hello(me)),
                      (f"{name}: REGISTER wants a good cookie", lambda me=me: self.register(me)),
                      (f"{name}: BIND proves the media address", lambda me=me: self.bind(me))]
        steps += [("LIST shows A and B as they joined, and CHANGED told of it", self.listing),
                  ("B gets A's ASQ and A its echo, byte for byte in order", self.media),
                  ("a repeat gets the same ACK, a lower seq silence", self.repeats),
                  ("a wrong token or address gets silence", self.refusals),
                  ("SUBSCRIBE with bad entries gets its status, changes nothing", self.statuses),
                  ("KEEPALIVE gets an ACK, on both ports and in a compound", self.keepalive),
                  ("media from a wrong address is not forwarded", self.spoofed),
                  ("RTP of unknown type or malformed is not forwarded", self.unforwarded),
                  ("LEAVE ends membership, media and cookie", self.leave)]
        good = True
        for what, step in steps:
            try:
                check(good, "not run")
                step()
                print(f"ok {what}", flush=True)
            except (Failure, OSError) as error:
                print(f"FAIL {what}: {str(error)[:300]}", flush=True)
                good = False
        return good


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: peer.py HOST MEDIA_PORT CONTROL_PORT")
    address = str(socket.getaddrinfo(sys.argv[1], None, type=socket.SOCK_DGRAM)[0][4][0])
    sys.exit(not Script(Switch(address, int(sys.argv[2]), int(sys.argv[3]))).run())
