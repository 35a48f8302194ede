# The Lock of redis-py; one caller, so one command after another.
import redis
from lock_process import serve, settings

server = redis.Redis.from_url(settings["url"])


def try_lock(key, wait):
    lease_ms = settings.get("leaseMs", 10_000)
    timeout = None if lease_ms is None else lease_ms / 1000
    lock = server.lock("mutex:" + key, timeout=timeout, sleep=settings["retryMs"] / 1000)
    granted = lock.acquire(blocking_timeout=wait) if wait else lock.acquire(blocking=False)
    return lock if granted else None


serve(try_lock)
