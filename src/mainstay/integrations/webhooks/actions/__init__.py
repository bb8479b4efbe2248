from mainstay.integrations.webhooks.actions.collect import CHANNEL, FOLLOWER, collect
from mainstay.integrations.webhooks.actions.endpoints import (
    change_endpoint,
    create_endpoint,
    remove_endpoint,
    rotate_secret,
    switch_endpoint,
)
from mainstay.integrations.webhooks.actions.replay import replay_delivery, replay_failed, send_test
from mainstay.integrations.webhooks.actions.retention import forget_deliveries

__all__ = [
    "CHANNEL",
    "FOLLOWER",
    "change_endpoint",
    "collect",
    "create_endpoint",
    "forget_deliveries",
    "remove_endpoint",
    "replay_delivery",
    "replay_failed",
    "rotate_secret",
    "send_test",
    "switch_endpoint",
]
