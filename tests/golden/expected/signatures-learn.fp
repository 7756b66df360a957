; syncopate signatures learn: 6 of 6 SYNs and SYN+ACKs fit no signature, of 5 kinds
; Each label says only that these are of one make: name the system, or take it out.
classes = other

[tcp:request]

; 2 SYNs of 2 hosts, the first 10.4.0.1:50001 > 10.4.9.9:80 in frame 1
; 4:60+4:0:1400:mss*11,2:mss,ws,sok,nop,nop,nop:df,id+:0
label = s:other:unknown 1:
sig   = 4:64:0:*:mss*11,2:mss,ws,sok,nop,nop,nop:df,id+:0
;@ source="unknown.pcap" date=2023-11-14

; 1 SYN of 1 host, the first 10.4.0.2:50003 > 10.4.9.9:80 in frame 3
; 4:50+14:0:1360:mss*11,2:mss,ws,sok,nop,nop,nop:df,id+,ecn:0
label = s:other:unknown 2:
sig   = 4:64:0:*:mss*11,2:mss,ws,sok,nop,nop,nop:df,id+,ecn:0
;@ source="unknown.pcap" date=2023-11-14

; 1 SYN of 1 host, the first 10.4.0.3:50004 > 10.4.9.9:80 in frame 5
; 4:90+?:0:512:3333,0:mss::0
; nearest: g:other:lwIP:an embedded device (devices.fp:15), which differs in ttl_initial window
label = s:other:unknown 4:
sig   = 4:128-:0:*:3333,0:mss::0
;@ source="unknown.pcap" date=2023-11-14

; 1 SYN of 1 host, the first 10.4.0.4:50005 > 10.4.9.9:80 in frame 6
; 4:64+0:0:1460:50007,7:mss,sok,ts,nop,ws:df,id+:0
; nearest: s:unix:Linux:4.19 and newer (linux.fp:27), which differs in window
label = s:other:unknown 5:
sig   = 4:64:0:*:50007,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="unknown.pcap" date=2023-11-14

[tcp:response]

; 1 SYN+ACK of 1 host, the first 10.4.9.9:80 > 10.4.0.2:50003 in frame 4
; 4:99+29:0:1400:4321,1:mss,ws,nop:df:0
label = s:other:unknown 3:
sig   = 4:128:0:*:4321,1:mss,ws,nop:df:0
;@ source="unknown.pcap" date=2023-11-14
