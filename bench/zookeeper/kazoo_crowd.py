# Workers that want locks of kazoo, and a log of their grants. Run by foreign.ts.
import json
import os
import sys
import threading
import time

from kazoo.client import KazooClient

servers, key, workers, own_keys, ms, held_ms, warm_up_ms = sys.argv[1:]
client = KazooClient(hosts=servers, timeout=10)
client.start()


def now():
    """CLOCK_MONOTONIC in ms."""
    return time.monotonic() * 1000


def run(key, own_keys, until):
    logs = []

    def work(worker):
        lock = client.Lock("/bench/" + key + (str(worker) if own_keys else ""))
        asked = now()
        while asked < until:
            lock.acquire()
            granted = now()
            if int(held_ms):
                time.sleep(int(held_ms) / 1000)
            released = now()
            lock.release()
            logs.append([worker, asked, granted, released])
            asked = now()

    crew = [threading.Thread(target=work, args=(worker,)) for worker in range(int(workers))]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return logs


run("warm-up-%d-" % os.getpid(), True, now() + float(warm_up_ms))
print("ready", flush=True)
start_at = float(sys.stdin.readline())
time.sleep(max(0, start_at - now()) / 1000)
print(json.dumps(run(key, own_keys == "true", start_at + float(ms))), flush=True)
os._exit(0)
