"""Compiled and interpreted connections do the same with the same bytes, however the stream is cut."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.interpreted import INSTALLED, INTERPRETED

from wssure.protocol.state import Role, WrongState
from wssure.wire.deflate import DeflateParams, Deflater
from wssure.wire.frame import encode_frame

KEYS = bytes(range(16))
TEXTS = st.one_of(st.text(max_size=20).map(str.encode), st.binary(max_size=8), st.just(b"x" * 200))


class Forms(RuleBasedStateMachine):
    """Feeds both forms the same cuts of the same stream and compares all they show."""

    @initialize(
        server=st.booleans(),
        compressed=st.booleans(),
        fragments=st.booleans(),
        max_size=st.sampled_from([None, 100, 500]),
    )
    def start(self, server, compressed, fragments, max_size):
        params = DeflateParams(server_max_window_bits=9) if compressed else None
        self.server = server
        self.deflater = Deflater(9, False) if compressed else None
        self.waiting = b""
        self.forms = [
            form.connection.Connection(
                Role.SERVER if server else Role.CLIENT,
                mask_key=None if server else lambda: KEYS,
                max_size=max_size,
                max_fragments=4,
                deflate=params,
                deliver_fragments=fragments,
            )
            for form in (INSTALLED, INTERPRETED)
        ]

    @rule(opcode=st.sampled_from([0, 1, 1, 2, 9, 10]), payload=TEXTS, fin=st.booleans(), squeeze=st.booleans())
    def peer_sends(self, opcode, payload, fin, squeeze):
        fin = fin or opcode >= 8
        squeeze = squeeze and self.deflater is not None and opcode < 8
        if squeeze:
            payload = self.deflater.compress(payload, fin)
        self.waiting += encode_frame(
            opcode, payload, fin=fin, rsv1=squeeze and opcode > 0, mask=KEYS[4:8] if self.server else None
        )

    @rule(code=st.sampled_from([1000, 1001, 1006, 4000]), reason=st.binary(max_size=4))
    def peer_closes(self, code, reason):
        payload = code.to_bytes(2, "big") + reason
        self.waiting += encode_frame(8, payload, mask=KEYS[8:12] if self.server else None)

    @rule(data=st.binary(min_size=1, max_size=4))
    def peer_babbles(self, data):
        self.waiting += data

    @rule(size=st.integers(1, 40))
    def some_arrives(self, size):
        self.arrive(self.waiting[:size])

    @rule()
    def all_arrives(self):
        self.arrive(self.waiting)

    def arrive(self, data):
        self.waiting = self.waiting[len(data) :]
        for form in self.forms:
            form.receive(memoryview(data))

    @rule(data=st.one_of(st.text(max_size=10), st.binary(max_size=200)), fin=st.booleans())
    def we_send(self, data, fin):
        outcomes = []
        for form in self.forms:
            try:
                outcomes.append(form.send_fragment(data, fin=fin))
            except (WrongState, TypeError) as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]

    @rule(code=st.sampled_from([1000, 1005, 3000]))
    def we_close(self, code):
        for form in self.forms:
            form.send_close(code)

    @invariant()
    def both_show_the_same(self):
        if hasattr(self, "forms"):
            one, other = (
                (
                    form.events(),
                    form.data_to_send(),
                    form.state,
                    form.phase,
                    form.close_rcvd,
                    form.close_sent,
                    form.rcvd_then_sent,
                    form.finished,
                    form.offset,
                )
                for form in self.forms
            )
            assert one == other


Forms.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestFormsAgree = Forms.TestCase
