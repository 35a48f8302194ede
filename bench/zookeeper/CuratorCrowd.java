// Workers that want locks of Apache Curator, and a log of their grants. Run from its source by foreign.ts.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;

public class CuratorCrowd {
    record Grant(int worker, double asked, double granted, double released) {}

    static CuratorFramework client;

    // servers, key, workers, own keys, ms, held ms, warm-up ms
    public static void main(String[] args) throws Exception {
        client = CuratorFrameworkFactory.newClient(args[0], 10_000, 5_000, new RetryOneTime(100));
        client.start();
        client.blockUntilConnected();
        int workers = Integer.parseInt(args[2]);
        boolean ownKeys = Boolean.parseBoolean(args[3]);
        long heldMs = Long.parseLong(args[5]);
        String warmUp = "warm-up-" + ProcessHandle.current().pid() + "-";
        run(warmUp, workers, true, heldMs, now() + Long.parseLong(args[6]));
        System.out.println("ready");
        double startAt = Double.parseDouble(new BufferedReader(new InputStreamReader(System.in)).readLine());
        while (now() < startAt) Thread.sleep(1);
        List<Grant> grants = run(args[1], workers, ownKeys, heldMs, startAt + Double.parseDouble(args[4]));
        System.out.println(grants.stream()
            .map((g) -> String.format(Locale.ROOT, "[%d,%.4f,%.4f,%.4f]", g.worker, g.asked, g.granted, g.released))
            .collect(Collectors.joining(",", "[", "]")));
        client.close();
        System.exit(0);
    }

    static List<Grant> run(String key, int workers, boolean ownKeys, long heldMs, double until) throws Exception {
        List<Thread> crew = new ArrayList<>();
        List<List<Grant>> logs = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
            int worker = i;
            List<Grant> log = new ArrayList<>();
            logs.add(log);
            InterProcessMutex mutex = new InterProcessMutex(client, "/bench/" + key + (ownKeys ? i : ""));
            Thread thread = new Thread(() -> {
                try {
                    for (double asked = now(); asked < until; asked = now()) {
                        mutex.acquire();
                        double granted = now();
                        if (heldMs > 0) Thread.sleep(heldMs);
                        double released = now();
                        mutex.release();
                        log.add(new Grant(worker, asked, granted, released));
                    }
                } catch (Exception error) {
                    error.printStackTrace();
                    System.exit(1);
                }
            });
            crew.add(thread);
            thread.start();
        }
        for (Thread thread : crew) thread.join();
        return logs.stream().flatMap(List::stream).collect(Collectors.toList());
    }

    /** CLOCK_MONOTONIC in ms. */
    static double now() {
        return System.nanoTime() / 1e6;
    }
}
