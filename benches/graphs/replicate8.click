// Audio of 160 octets in Ethernet frames, from one client to eight.
InfiniteSource(DATA \<02000000 00010200 00000002 08004500 00bc0000 40004011 6e2f0a00 0001c000
    0201138c 138c00a8 5b988060 00010000 00000000 00110001 02030405 06070809
    0a0b0c0d 0e0f1011 12131415 16171819 1a1b1c1d 1e1f2021 22232425 26272829
    2a2b2c2d 2e2f3031 32333435 36373839 3a3b3c3d 3e3f4041 42434445 46474849
    4a4b4c4d 4e4f5051 52535455 56575859 5a5b5c5d 5e5f6061 62636465 66676869
    6a6b6c6d 6e6f7071 72737475 76777879 7a7b7c7d 7e7f8081 82838485 86878889
    8a8b8c8d 8e8f9091 9293>,
    BURST 32, TIMESTAMP false)
    -> c :: Classifier(MEDIA 5004, CONTROL 5005);
c[media] -> [media] s :: SsidReplicate(SEED 1, OWN 192.0.2.1:5004,
    CLIENT "ssid=16 media=10.0.0.1:5004 mac=2:0:0:0:1:1",
    CLIENT "ssid=32 media=10.0.0.2:5004 mac=2:0:0:0:1:2 wants=asq",
    CLIENT "ssid=48 media=10.0.0.3:5004 mac=2:0:0:0:1:3 wants=asq",
    CLIENT "ssid=64 media=10.0.0.4:5004 mac=2:0:0:0:1:4 wants=asq",
    CLIENT "ssid=80 media=10.0.0.5:5004 mac=2:0:0:0:1:5 wants=asq",
    CLIENT "ssid=96 media=10.0.0.6:5004 mac=2:0:0:0:1:6 wants=asq",
    CLIENT "ssid=112 media=10.0.0.7:5004 mac=2:0:0:0:1:7 wants=asq",
    CLIENT "ssid=128 media=10.0.0.8:5004 mac=2:0:0:0:1:8 wants=asq",
    CLIENT "ssid=144 media=10.0.0.9:5004 mac=2:0:0:0:1:9 wants=asq");
c[control] -> [control] s;
c[host] -> Discard;
s -> Discard;
