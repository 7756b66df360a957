; What a sender's MSS says of the link it was made for: MTU = MSS + 40 (IPv4) or + 60 (IPv6), without options. Most of it
; is arithmetic on the headers of tunnels, shown beside each line. A router that lowers the MSS of passing SYNs shows its
; own link, not the sender's; and a sender may name any MSS it likes. Where several links share an MTU the label names them.
;@ matching=syncopate

[mtu]

label = Ethernet
sig   = 1500
;@ source="RFC 894, RFC 2464 2" date=1998

label = PPPoE (DSL)
sig   = 1492
;@ source="RFC 2516 7: 1500 less 6 and 2 octets" date=1999

label = IPIP or 6in4
sig   = 1480
;@ source="RFC 2003 3.1, RFC 4213 3.2: 1500 less an IPv4 header" date=2005

label = 6in4 over PPPoE, or GRE with a key
sig   = 1472
;@ source="arithmetic: 1492 - 20; RFC 2890 2: 1476 - 4" date=2000

label = GRE
sig   = 1476
;@ source="RFC 2784 2: 1500 less 20 and 4 octets" date=2000

label = GRE over PPPoE
sig   = 1468
;@ source="arithmetic: 1492 - 24" date=2000

label = IPv4 in IPv6 (DS-Lite), PPTP, L2TP, or Google Cloud
sig   = 1460
;@ source="RFC 2473 7, RFC 6333 5.3: 1500 - 40; Google Cloud VPC: default MTU; RFC 2637, RFC 2661: 40 octets of headers" date=2023

label = GRE over IPv6, or L2TP
sig   = 1456
;@ source="arithmetic: 1500 - 40 - 4; RFC 2661 3.1: 1460 with the optional length and offset" date=1999

label = FLET'S (PPPoE in L2TP)
sig   = 1454
;@ source="NTT East and West: MTU of FLET'S" date=2020

label = VXLAN (containers and clouds)
sig   = 1450
;@ source="RFC 7348 5: 1500 less 14, 8, 8 and 20 octets; measured of Linux 6.18 with this MTU" date=2014

label = IPsec (AES-GCM)
sig   = 1446
;@ source="RFC 4303 2, RFC 4106: 1500 less 20, 8, 8 and 16 octets, in fours, less 2" date=2005

label = Geneve (OVN, OpenStack)
sig   = 1442
;@ source="RFC 8926 3.4: 1450 less 8 octets of an option" date=2020

label = VXLAN in a cloud, or a mobile network
sig   = 1440
;@ source="Calico: MTU for clouds of 1500 less their own tunnels" date=2024

label = IPsec (AES-CBC, or AES-GCM in UDP)
sig   = 1438
;@ source="RFC 4303 2: 1500 less 20, 8, 16 and 12 octets, in sixteens, less 2; RFC 3948: 8 more for AES-GCM" date=2005

label = VXLAN over IPv6
sig   = 1430
;@ source="arithmetic: 1450 - 20" date=2014

label = IPsec in UDP (AES-CBC)
sig   = 1422
;@ source="RFC 3948 2.1: 1500 less 20, 8, 8, 16 and 12 octets, in sixteens, less 2" date=2005

label = WireGuard
sig   = 1420
;@ source="wg-quick(8): 1500 less 80 octets, enough for IPv6 outside" date=2024

label = WireGuard over PPPoE
sig   = 1412
;@ source="arithmetic: 1492 - 80; defguard.net, MTU decision tree" date=2024

label = WireGuard or another VPN on a mobile network
sig   = 1400
;@ source="3GPP TS 23.060 9.3: 1400 keeps GTP below 1500; defguard.net, MTU decision tree" date=2024

label = OpenVPN (UDP, Blowfish, SHA-1)
sig   = 1409
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 20, 8, 4 and 8 octets" date=2012

label = OpenVPN (UDP, Blowfish, SHA-1, LZO)
sig   = 1408
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 20, 8, 4 and 8 octets, 1 of compression" date=2012

label = OpenVPN (TCP, Blowfish, SHA-1)
sig   = 1407
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 20, 8, 4 and 8 octets, 2 of length" date=2012

label = OpenVPN (TCP, Blowfish, SHA-1, LZO)
sig   = 1406
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 20, 8, 4 and 8 octets, 2 of length, 1 of compression" date=2012

label = OpenVPN (UDP, AES-CBC, SHA-1)
sig   = 1393
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 20, 16, 4 and 16 octets" date=2012

label = OpenVPN (UDP, AES-CBC, SHA-1, LZO)
sig   = 1392
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 20, 16, 4 and 16 octets, 1 of compression" date=2012

label = OpenVPN (TCP, AES-CBC, SHA-1)
sig   = 1391
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 20, 16, 4 and 16 octets, 2 of length" date=2012

label = OpenVPN (TCP, AES-CBC, SHA-1, LZO)
sig   = 1390
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 20, 16, 4 and 16 octets, 2 of length, 1 of compression" date=2012

label = OpenVPN (UDP, AES-CBC, SHA-256)
sig   = 1381
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 32, 16, 4 and 16 octets" date=2012

label = OpenVPN (UDP, AES-CBC, SHA-256, LZO)
sig   = 1380
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 32, 16, 4 and 16 octets, 1 of compression" date=2012

label = OpenVPN (TCP, AES-CBC, SHA-256)
sig   = 1379
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 32, 16, 4 and 16 octets, 2 of length" date=2012

label = OpenVPN (TCP, AES-CBC, SHA-256, LZO)
sig   = 1378
;@ source="arithmetic on its data channel: 1450 (mssfix) less 1, 32, 16, 4 and 16 octets, 2 of length, 1 of compression" date=2012

label = IPv6's least (Teredo, Tailscale and other tunnels)
sig   = 1280
;@ source="RFC 8200 5, RFC 4380 5.1.4; Tailscale's default" date=2017

label = IPv4's default, no link known
sig   = 576
;@ source="RFC 9293 3.7.1: an MSS of 536 stands for none" date=2022

label = SLIP or PPP over a modem
sig   = 1006
;@ source="RFC 1055, RFC 1144 5.1" date=1990
sig   = 296
;@ source="RFC 1055, RFC 1144 5.1" date=1990

label = FDDI
sig   = 4352
;@ source="RFC 1390" date=1993

label = jumbo Ethernet
sig   = 9000
;@ source="measured: Linux 6.18.44 with this MTU" date=2026

label = jumbo Ethernet of AWS
sig   = 9001
;@ source="Amazon EC2: network MTU; ja4tscan README (MSS 8961)" date=2024

label = jumbo Ethernet with VXLAN
sig   = 8950
;@ source="arithmetic: 9000 - 50" date=2014

label = loopback of Apple's systems
sig   = 16384
;@ source="MSS 16344 and 16324 of a public capture on DLT_NULL" date=2023

label = loopback of old Linux
sig   = 16436
;@ source="Linux 2.6: loopback_setup(), 16384 + 20 + 20 + 12" date=2011

label = InfiniBand, connected mode
sig   = 65520
;@ source="RFC 4755 6" date=2006

label = loopback of Linux
sig   = 65535
;@ source="measured: Linux 6.18.44, MSS 65495 and 65476" date=2026
sig   = 65536
;@ source="measured: Linux 6.18.44, MSS 65495 and 65476" date=2026
