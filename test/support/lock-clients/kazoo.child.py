# The Lock of kazoo; told `stock`, with names of its own, which Curator cannot order.
import re

from kazoo.client import KazooClient
from kazoo.exceptions import LockTimeout
from kazoo.recipe.lock import Lock
from lock_process import serve, settings


class CuratorLock(Lock):
    _NODE_NAME = "-lock-"
    _EXCLUDE_NAMES = ["-lock-"]


kind = Lock if settings.get("stock") else CuratorLock
client = KazooClient(hosts=re.sub(r"^zookeeper://|[/?].*$", "", settings["url"]), timeout=10)
client.start()


def try_lock(key, wait):
    lock = kind(client, "/shared/" + key)
    try:
        granted = lock.acquire(timeout=wait) if wait else lock.acquire(blocking=False)
    except LockTimeout:
        return None
    return lock if granted else None


serve(try_lock)
