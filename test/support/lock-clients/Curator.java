// The same as node.child.mjs with the InterProcessMutex of Apache Curator. Run from its source by lock-process.ts.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;

public class Curator {
    static final String NAME = "curator";
    static final ConcurrentHashMap<String, InterProcessMutex> mutexes = new ConcurrentHashMap<>();
    static final ExecutorService threads = Executors.newCachedThreadPool();
    // A mutex belongs to the thread that took it.
    static final ExecutorService one = Executors.newSingleThreadExecutor();
    static CuratorFramework client;

    public static void main(String[] args) throws Exception {
        String servers = text(args[0], "url").replaceFirst("^zookeeper://", "").replaceFirst("[/?].*$", "");
        client = CuratorFrameworkFactory.newClient(servers, 10_000, 5_000, new RetryOneTime(100));
        client.start();
        client.blockUntilConnected();
        say("{\"ready\":true}");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String told = line;
            threads.submit(() -> answer(told));
        }
        System.exit(0);
    }

    static void answer(String told) {
        String id = number(told, "id");
        try {
            say("{\"id\":" + id + ",\"output\":" + act(told) + "}");
        } catch (Throwable error) {
            say("{\"id\":" + id + ",\"error\":\"" + error.toString().replaceAll("[^\\w .:-]", " ") + "\"}");
        }
    }

    static String act(String told) throws Exception {
        String key = text(told, "key");
        InterProcessMutex mutex = mutexes.computeIfAbsent(key, (k) -> new InterProcessMutex(client, "/shared/" + k));
        switch (text(told, "command")) {
            case "take":
                long waitMs = Long.parseLong(number(told, "waitMs"));
                return String.valueOf(one.submit(() -> mutex.acquire(waitMs, TimeUnit.MILLISECONDS)).get());
            case "giveBack":
                one.submit(() -> { mutex.release(); return null; }).get();
                return "null";
            case "sign":
                sign(key, Path.of(text(told, "file")), Integer.parseInt(number(told, "workers")), Integer.parseInt(number(told, "times")));
                return "null";
            default:
                throw new IllegalArgumentException(told);
        }
    }

    static void sign(String key, Path file, int workers, int times) throws Exception {
        List<Future<?>> crew = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            Callable<Void> work = () -> {
                InterProcessMutex mutex = new InterProcessMutex(client, "/shared/" + key);
                for (int i = 0; i < times; i++) {
                    mutex.acquire();
                    String signed = Files.readString(file);
                    Thread.sleep(1);
                    Files.writeString(file, signed + NAME + "\n");
                    mutex.release();
                    Thread.sleep((long) (Math.random() * 5));
                }
                return null;
            };
            crew.add(threads.submit(work));
        }
        for (Future<?> worker : crew) worker.get();
    }

    static String text(String json, String name) {
        return find(json, "\"" + name + "\":\"([^\"]*)\"");
    }

    static String number(String json, String name) {
        return find(json, "\"" + name + "\":(\\d+)");
    }

    static String find(String json, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(json);
        if (!matcher.find()) throw new IllegalArgumentException(json);
        return matcher.group(1);
    }

    static synchronized void say(String answer) {
        System.out.println(answer);
    }
}
