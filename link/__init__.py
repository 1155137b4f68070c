"""Delivers the messages of contracts over MQTT without loss: spool, uplink, intake."""
