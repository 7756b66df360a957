; Programs that write their own SYNs. A tool is never matched fuzzily, and its label says nothing of the system under it.

;@ matching=syncopate

classes = win,unix,other

[tcp:request]

label = s:!:masscan:1.3
sys   = @unix,@win
sig   = 4:255:0:0:1024,0:::0
;@ source="measured: masscan 1.3.2" date=2026-11

label = s:!:masscan:with an MSS
sys   = @unix,@win
sig   = 4:255:0:1460:1024,0:mss::0
;@ source="masscan templ-pkt.c: an MSS of 1460 in its template" date=2026-11 note="read, not run"
sig   = 4:255:0:1460:1025,0:mss::0
;@ source="masscan templ-pkt.c: window octets 04 01" date=2026-11 note="read, not run"

label = s:!:zmap:older than 4
sys   = @unix
sig   = 4:255:0:0:65535,0:::0
;@ source="measured: zmap 2.1.1; zmap/zmap packet.c" date=2026-11

label = s:!:zmap:probe with MSS only
sys   = @unix
sig   = 4:255:0:1460:65535,0:mss::0
;@ source="zmap/zmap packet.c and module_tcp_synscan.c, smallest-probes" date=2026-11 note="read, not run"

; ZMap 4 dresses its SYN up as a system's; TTL 255 without DF gives it away.
label = g:!:zmap:4 and newer, or another raw sender with the options of a system
sys   = @unix
sig   = 4:255:0:*:65535,*:mss,nop,ws,nop,nop,sok::0
;@ source="zmap/zmap module_tcp_synscan.c: a header of 32 octets, as Windows" date=2026-11 note="layout inferred from its length"
sig   = 4:255:0:*:65535,*:mss,sok,ts,nop,ws::0
;@ source="zmap/zmap module_tcp_synscan.c: a header of 40 octets, as Linux" date=2026-11 note="layout inferred from its length"
sig   = 4:255:0:*:65535,*:mss,nop,ws,nop,nop,ts,sok,eol+1::0
;@ source="zmap/zmap module_tcp_synscan.c: a header of 44 octets, as BSD" date=2026-11 note="layout inferred from its length"

; nmap draws the TTL of raw probes from 37 to 59.
label = s:!:nmap:SYN scan (-sS)
sys   = @unix,@win
sig   = 4:59-:0:1460:1024,0:mss::0
;@ source="measured: nmap 7.93 -sS" date=2026-11

label = s:!:nmap:OS detection (-O)
sys   = @unix,@win
sig   = 4:59-:0:1460:1,10:ws,nop,mss,ts,sok:ack+:0
;@ source="measured: nmap 7.93 -O, first probe" date=2026-11
sig   = 4:59-:0:1400:63,0:mss,ws,sok,ts,eol+0:ack+:0
;@ source="measured: nmap 7.93 -O, second probe" date=2026-11
sig   = 4:59-:0:640:4,5:ts,nop,nop,ws,nop,mss:ack+:0
;@ source="measured: nmap 7.93 -O, third probe" date=2026-11
sig   = 4:59-:0:0:4,10:sok,ts,ws,eol+0:ack+:0
;@ source="measured: nmap 7.93 -O, fourth probe" date=2026-11
sig   = 4:59-:0:536:16,10:mss,sok,ts,ws,eol+0:ack+:0
;@ source="measured: nmap 7.93 -O, fifth probe" date=2026-11
sig   = 4:59-:0:265:512,0:mss,sok,ts:ack+:0
;@ source="measured: nmap 7.93 -O, sixth probe" date=2026-11
sig   = 4:59-:0:1460:3,10:ws,nop,mss,sok,nop,nop:ecn,uptr+:0
;@ source="measured: nmap 7.93 -O, ECN probe" date=2026-11
sig   = 4:59-:0:265:31337,10:ws,nop,mss,ts,sok:ack+:0
;@ source="measured: nmap 7.93 -O, probe T5" date=2026-11
sig   = 4:59-:0:265:256,10:ws,nop,mss,ts,sok:ack+,urgf+,pushf+:0
;@ source="measured: nmap 7.93 -O, probe T3 (SYN, FIN, URG and PSH)" date=2026-11

label = s:!:hping3:
sys   = @unix
sig   = 4:64:0:0:512,0::ack+:0
;@ source="measured: hping3 3.0.0-alpha-2 -S" date=2026-11 note="random acknowledgment number without ACK"

label = s:!:scapy:
sys   = @unix,@win
sig   = 4:64:0:0:8192,0::seq-:0
;@ source="measured: scapy 2.5.0 TCP(flags=S)" date=2026-11
sig   = 4:64:0:*:8192,0:mss:seq-:0
;@ source="measured: scapy 2.5.0 TCP(flags=S) with MSS" date=2026-11

; p0f takes any SYN with this window and this MSS for its own probe.
label = s:!:p0f-sendsyn:
sys   = @unix
sig   = *:255-:0:1331:1337,0:mss:df,id+:0
;@ source="measured: probes of Linux 6.18.44 with this window and MSS" date=2026-11
sig   = *:255-:0:1331:1337,0:mss,sok,eol+1:df,id+:0
;@ source="measured: probes of Linux 6.18.44 with this window and MSS" date=2026-11
sig   = *:255-:0:1331:1337,0:mss,ts,eol+1:df,id+:0
;@ source="measured: probes of Linux 6.18.44 with this window and MSS" date=2026-11
sig   = *:255-:0:1331:1337,5:mss,ws,eol+0:df,id+:0
;@ source="measured: probes of Linux 6.18.44 with this window and MSS" date=2026-11
sig   = *:255-:0:1331:1337,0:mss,sok,ts:df,id+:0
;@ source="measured: probes of Linux 6.18.44 with this window and MSS" date=2026-11
sig   = *:255-:0:1331:1337,5:mss,sok,ws,eol+2:df,id+:0
;@ source="measured: probes of Linux 6.18.44 with this window and MSS" date=2026-11
sig   = *:255-:0:1331:1337,5:mss,ts,ws,eol+2:df,id+:0
;@ source="measured: probes of Linux 6.18.44 with this window and MSS" date=2026-11
sig   = *:255-:0:1331:1337,5:mss,sok,ts,ws,eol+0:df,id+:0
;@ source="measured: probes of Linux 6.18.44 with this window and MSS" date=2026-11

; nmap itself draws no TTL above 59.
label = g:!:raw-socket sender:an MSS and a window of 1024, as nmap -sS
sys   = @unix,@win
sig   = 4:64-:0:1460:1024,0:mss::0
;@ source="measured: nmap 7.93 -sS, raw SYNs of our own with a TTL of 64" date=2026-11

; No system of the other files sends a SYN without any option; what does is a program with a raw socket.
label = g:!:raw-socket sender:no TCP options, TTL 64, as Mirai
sys   = @unix
sig   = 4:64:0:0:*,0:::0
;@ source="leaked Mirai source: scanner.c" date=2026-11 note="its ISN is the destination address, which is not looked at here"

label = g:!:raw-socket sender:no TCP options
sys   = @unix,@win
sig   = *:255-:0:0:*,0:::0
;@ source="measured: masscan, zmap, hping3; leaked Mirai source" date=2026-11
sig   = *:255-:0:0:*,0::seq-:0
;@ source="measured: scapy 2.5.0" date=2026-11
sig   = *:255-:0:0:*,0::ack+:0
;@ source="measured: hping3 3.0.0-alpha-2" date=2026-11
sig   = *:255-:0:0:*,0::df,id+:0
;@ source="measured: a raw socket of Linux 6.18.44" date=2026-11
