"""Electricity meters and other counters: DL/T 645, PZEM-004T, any Modbus device."""
