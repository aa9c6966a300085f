"""The table [privacy] of kiosk.toml."""

from __future__ import annotations

from agent.settings import Table


class PrivacySettings(Table, frozen=True):
    """When cameras may look, and how one sees that they look or that somebody is listened to."""

    shutter: str = ""
    """Contact that is closed while the privacy shutter is open: cameras look only then, so a
    cut wire means that they do not; empty: no shutter, cameras always look."""
    camera_lamp: str = ""
    """Driver that is lit while the camera looks; empty: none."""
    microphone_lamp: str = ""
    """Driver that is lit while the microphone listens; empty: none."""
    headset: str = ""
    """Contact that is closed while a headset is plugged in: loudspeaker and microphone are then
    the headset's, but for alarms; empty: none."""
