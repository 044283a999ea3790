"""A name server on loopback that knows one name, and has all of its addresses, in another order each time:
`name_server.py PORT NAME ADDRESS...`."""

import socket
import struct
import sys

port, name, addresses = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
asked_for = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", port))
    while True:
        query, client = server.recvfrom(512)
        question = query[12:12 + len(asked_for) + 4]
        known = question[:-4].lower() == asked_for and question[-4:] == struct.pack("!HH", 1, 1)
        answers = addresses if known else []
        head = struct.pack("!HHHHHH", struct.unpack("!H", query[:2])[0], 0x8180 | (0 if known else 3), 1, len(answers), 0, 0)
        records = b"".join(struct.pack("!HHHIH", 0xC00C, 1, 1, 5, 4) + socket.inet_aton(address) for address in answers)
        server.sendto(head + query[12:12 + len(query)].split(b"\0", 1)[0] + b"\0" + query[-4:] + records, client)
        addresses.append(addresses.pop(0))
