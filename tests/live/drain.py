"""
drain.py ADDRESS PORT RATE SECONDS: a new connection RATE times a second, a request on each, the client closes first; until
connect() fails for want of a port, or for SECONDS. Prints "connections N first FAILURE" (seconds since the first
connect(), "-" without a failure).
"""
import errno
import socket
import sys
import time


def main():
    address, port, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    request = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"
    start, count, first = time.monotonic(), 0, "-"
    while time.monotonic() - start < seconds:
        time.sleep(max(0.0, start + count / rate - time.monotonic()))
        try:
            with socket.create_connection((address, port), timeout=5) as s:
                s.sendall(request)
                s.recv(65536)
        except OSError as e:
            if e.errno != errno.EADDRNOTAVAIL:
                raise
            first = f"{time.monotonic() - start:.3f}"
            break
        count += 1
    print(f"connections {count} first {first}")


if __name__ == "__main__":
    main()
