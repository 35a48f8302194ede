# The same as node.child.mjs with the Lock of redis-py; one caller, so one command after another.
import json
import sys
import time

import redis

settings = json.loads(sys.argv[1])
server = redis.Redis.from_url(settings["url"])
held = {}


def lock_of(key):
    lease_ms = settings.get("leaseMs", 10_000)
    timeout = None if lease_ms is None else lease_ms / 1000
    return server.lock("mutex:" + key, timeout=timeout, sleep=settings["retryMs"] / 1000)


def taken(key):
    lock = lock_of(key)
    if not lock.acquire(blocking_timeout=60):
        raise RuntimeError(key + " was not granted")
    return lock


def take(key, waitMs):
    lock = lock_of(key)
    granted = lock.acquire(blocking_timeout=waitMs / 1000) if waitMs else lock.acquire(blocking=False)
    if granted:
        held[key] = lock
    return granted


def giveBack(key):
    held[key].release()


def sign(key, file, workers, times):
    for _ in range(workers * times):
        lock = taken(key)
        with open(file) as text:
            signed = text.read()
        time.sleep(0.001)
        with open(file, "w") as text:
            text.write(signed + settings["client"] + "\n")
        lock.release()
        time.sleep(0.002)


def demand(key, workers, ms, holdMs, restMs):
    since = last = time.monotonic()
    grants, longest, delay = 0, 0.0, 0.0
    while time.monotonic() < since + ms / 1000:
        lock = taken(key)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        grants += 1
        time.sleep(holdMs / 1000)
        delay = max(delay, time.monotonic() - now - holdMs / 1000)
        lock.release()
        time.sleep(restMs / 1000)
    return {"grants": [grants], "longestMs": longest * 1000, "delayMs": delay * 1000}


commands = {"take": take, "giveBack": giveBack, "sign": sign, "demand": demand}


def say(answer):
    print(json.dumps(answer), flush=True)


say({"ready": True})
for line in sys.stdin:
    told = json.loads(line)
    try:
        say({"id": told["id"], "output": commands[told["command"]](**told["input"])})
    except Exception as error:
        say({"id": told["id"], "error": repr(error)})
