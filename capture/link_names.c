/* Names of link types, so that one that is not read is refused by name. Numbers are tcpdump.org/linktypes.html's. */

#include "capture/segment.h"

/* In order of number: syc_link_name() searches by halves. */
static const struct {
    uint16_t link;
    const char *name;
} names[] = {
    /* clang-format off */
    {0, "NULL"},
    {1, "ETHERNET"},
    {3, "AX25"},
    {6, "IEEE802_5"},
    {7, "ARCNET_BSD"},
    {8, "SLIP"},
    {9, "PPP"},
    {10, "FDDI"},
    {50, "PPP_HDLC"},
    {51, "PPP_ETHER"},
    {100, "ATM_RFC1483"},
    {101, "RAW"},
    {104, "C_HDLC"},
    {105, "IEEE802_11"},
    {107, "FRELAY"},
    {108, "LOOP"},
    {109, "ENC"},
    {113, "LINUX_SLL"},
    {114, "LTALK"},
    {117, "PFLOG"},
    {119, "IEEE802_11_PRISM"},
    {122, "IP_OVER_FC"},
    {123, "SUNATM"},
    {127, "IEEE802_11_RADIOTAP"},
    {129, "ARCNET_LINUX"},
    {138, "APPLE_IP_OVER_IEEE1394"},
    {139, "MTP2_WITH_PHDR"},
    {140, "MTP2"},
    {141, "MTP3"},
    {142, "SCCP"},
    {143, "DOCSIS"},
    {144, "LINUX_IRDA"},
    {147, "USER0"},
    {148, "USER1"},
    {149, "USER2"},
    {150, "USER3"},
    {151, "USER4"},
    {152, "USER5"},
    {153, "USER6"},
    {154, "USER7"},
    {155, "USER8"},
    {156, "USER9"},
    {157, "USER10"},
    {158, "USER11"},
    {159, "USER12"},
    {160, "USER13"},
    {161, "USER14"},
    {162, "USER15"},
    {163, "IEEE802_11_AVS"},
    {165, "BACNET_MS_TP"},
    {166, "PPP_PPPD"},
    {169, "GPRS_LLC"},
    {170, "GPF_T"},
    {171, "GPF_F"},
    {177, "LINUX_LAPD"},
    {182, "MFR"},
    {187, "BLUETOOTH_HCI_H4"},
    {189, "USB_LINUX"},
    {192, "PPI"},
    {195, "IEEE802_15_4_WITHFCS"},
    {196, "SITA"},
    {197, "ERF"},
    {201, "BLUETOOTH_HCI_H4_WITH_PHDR"},
    {202, "AX25_KISS"},
    {203, "LAPD"},
    {204, "PPP_WITH_DIR"},
    {205, "C_HDLC_WITH_DIR"},
    {206, "FRELAY_WITH_DIR"},
    {209, "IPMB_LINUX"},
    {215, "IEEE802_15_4_NONASK_PHY"},
    {220, "USB_LINUX_MMAPPED"},
    {224, "FC_2"},
    {225, "FC_2_WITH_FRAME_DELIMS"},
    {226, "IPNET"},
    {227, "CAN_SOCKETCAN"},
    {228, "IPV4"},
    {229, "IPV6"},
    {230, "IEEE802_15_4_NOFCS"},
    {231, "DBUS"},
    {235, "DVB_CI"},
    {236, "MUX27010"},
    {237, "STANAG_5066_D_PDU"},
    {239, "NFLOG"},
    {240, "NETANALYZER"},
    {241, "NETANALYZER_TRANSPARENT"},
    {242, "IPOIB"},
    {243, "MPEG_2_TS"},
    {244, "NG40"},
    {245, "NFC_LLCP"},
    {247, "INFINIBAND"},
    {248, "SCTP"},
    {249, "USBPCAP"},
    {250, "RTAC_SERIAL"},
    {251, "BLUETOOTH_LE_LL"},
    {253, "NETLINK"},
    {254, "BLUETOOTH_LINUX_MONITOR"},
    {255, "BLUETOOTH_BREDR_BB"},
    {256, "BLUETOOTH_LE_LL_WITH_PHDR"},
    {257, "PROFIBUS_DL"},
    {258, "PKTAP"},
    {259, "EPON"},
    {260, "IPMI_HPM_2"},
    {261, "ZWAVE_R1_R2"},
    {262, "ZWAVE_R3"},
    {263, "WATTSTOPPER_DLM"},
    {264, "ISO_14443"},
    {265, "RDS"},
    {266, "USB_DARWIN"},
    {268, "SDLC"},
    {270, "LORATAP"},
    {271, "VSOCK"},
    {272, "NORDIC_BLE"},
    {273, "DOCSIS31_XRA31"},
    {274, "ETHERNET_MPACKET"},
    {275, "DISPLAYPORT_AUX"},
    {276, "LINUX_SLL2"},
    {279, "OPENVIZSLA"},
    {280, "EBHSCR"},
    {281, "VPP_DISPATCH"},
    {282, "DSA_TAG_BRCM"},
    {283, "IEEE802_15_4_TAP"},
    {284, "DSA_TAG_DSA"},
    {287, "ETW"},
    {288, "NETANALYZER_NG"},
    {289, "ZBOSS_NCP"},
    {290, "USB_2_0_LOW_SPEED"},
    {291, "USB_2_0_FULL_SPEED"},
    {292, "USB_2_0_HIGH_SPEED"},
    /* clang-format on */
};

const char *
syc_link_name(uint16_t link)
{
    size_t low = 0, high = sizeof names / sizeof names[0];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (names[middle].link == link) {
            return names[middle].name;
        }
        if (names[middle].link < link) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return "unknown";
}
