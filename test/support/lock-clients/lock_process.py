# What the clients in Python have in common: they do what they are told, a JSON text per line, as node.child.mjs does.
import json
import sys
import time

settings = json.loads(sys.argv[1])


def serve(try_lock):
    """`try_lock(key, wait)` answers what has a `release()`, or None when it was not granted within `wait` seconds."""
    held = {}

    def taken(key):
        lock = try_lock(key, 60)
        if not lock:
            raise RuntimeError(key + " was not granted")
        return lock

    def take(key, waitMs):
        lock = try_lock(key, waitMs / 1000)
        if lock:
            held[key] = lock
        return bool(lock)

    def give_back(key):
        held.pop(key).release()

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

    commands = {"take": take, "giveBack": give_back, "sign": sign, "demand": demand}
    say({"ready": True})
    for line in sys.stdin:
        told = json.loads(line)
        try:
            say({"id": told["id"], "output": commands[told["command"]](**told["input"])})
        except Exception as error:
            say({"id": told["id"], "error": repr(error)})


def say(answer):
    print(json.dumps(answer), flush=True)
