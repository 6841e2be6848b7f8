"""The devices of one player, who lists them, signs them out, and has codes for more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.protocol.messages import (
    AskDeviceCode,
    AskDevices,
    DeviceCodeIs,
    DeviceRow,
    DevicesAre,
    RevokeDevice,
)
from clouds_edges.protocol.messages import Refused as RefusedMessage
from clouds_edges.server.answers import refusal
from clouds_edges.server.tokens import device_of

if TYPE_CHECKING:
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.protocol.messages import DeviceWish
    from clouds_edges.server.device_codes import DeviceCodes
    from clouds_edges.server.tokens import Tokens


class UnknownDevice(Refused):
    """The player is not signed up on such a device."""

    code = "unknown_device"


class OwnDevices:
    """What a player asks of their devices, with the token of one of them."""

    def __init__(self, player: PlayerId, token: str, tokens: Tokens, codes: DeviceCodes) -> None:
        self._player = player
        self._token = token
        self._tokens = tokens
        self._codes = codes

    async def answer(self, wish: DeviceWish) -> DevicesAre | DeviceCodeIs | RefusedMessage:
        """The answer to a wish; of a device that is signed out the connections end."""
        try:
            match wish:
                case AskDevices():
                    return await self._list()
                case AskDeviceCode():
                    promise = self._codes.new(self._player)
                    return DeviceCodeIs(code=promise.code, until=promise.until)
                case RevokeDevice(device=device):
                    return await self._revoke(device)
        except (Refused, StoreUnavailable) as reason:
            return refusal(reason)

    async def _list(self) -> DevicesAre:
        ours = device_of(self._token)
        return DevicesAre(
            devices=tuple(
                DeviceRow(
                    id=one.id,
                    name=one.name,
                    since=one.since,
                    seen=one.seen,
                    is_this=one.id == ours,
                )
                for one in await self._tokens.devices(self._player)
            )
        )

    async def _revoke(self, device: str) -> DevicesAre:
        if not await self._tokens.revoke(self._player, device):
            message = f"you are not signed up on a device {device}"
            raise UnknownDevice(message)
        return await self._list()
