"""Health of the kiosk itself."""

from agent.services.devices.charts import charts
from agent.services.devices.messages import RECORDS
from agent.services.devices.service import Devices
from agent.services.service_type import ServiceType

SERVICE = ServiceType(
    build=lambda here: Devices(here.version, here.devices), records=RECORDS, charts=charts
)
