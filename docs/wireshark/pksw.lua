-- Dissects what the packet switch and its clients say (docs/wire.md): control
-- packets field by field, media by Wireshark's own RTP dissector, other RTCP by
-- its own RTCP dissector. What the switch would count as `malformed` is marked
-- so.
--
--   tshark -X lua_script:docs/wireshark/pksw.lua -r session.pcap
--
-- UDP ports 5004 and 5005 are ours. On other ports a conversation is from its
-- first control packet on; "Decode As" PKSW (tshark: -d udp.port==6004,pksw)
-- takes a port whole.

local pksw = Proto("pksw", "Packet Switch for Networked Music Performance")

local MEDIA_UDP_PORT, CONTROL_UDP_PORT = 5004, 5005
local APP, NAME = 204, "PKSW"
-- Octets: our header up to the body, a HELLO's datagram at least, an entry or
-- member, an RTP header at least.
local BODY, HELLO_MIN, PAIR, RTP_HEADER = 12, 64, 8, 12
local AUTH = 14

local SUBTYPES = {
    [1] = "HELLO", [2] = "CHALLENGE", [3] = "REGISTER", [4] = "REGISTERED", [5] = "BIND",
    [6] = "SUBSCRIBE", [7] = "KEEPALIVE", [8] = "LEAVE", [9] = "LIST", [10] = "ACK",
    [11] = "ROSTER", [12] = "ERROR", [13] = "CHANGED", [14] = "AUTH",
}
local WANTS_ANSWER =
    { [1] = true, [3] = true, [5] = true, [6] = true, [7] = true, [8] = true, [9] = true }
local STATUS =
    { [0] = "done", [4] = "malformed entry", [8] = "too many entries", [9] = "the switch's own address" }
local CODE = { [5] = "no room", [7] = "not authenticated" }

local f = {
    subtype = ProtoField.uint8("pksw.subtype", "Subtype", base.DEC, SUBTYPES, 0x1f),
    ssrc = ProtoField.uint32("pksw.ssrc", "SSRC", base.HEX),
    nonce = ProtoField.uint64("pksw.nonce", "Nonce", base.HEX),
    zeros = ProtoField.bytes("pksw.zeros", "Zeros"),
    cookie = ProtoField.bytes("pksw.cookie", "Cookie"),
    flags = ProtoField.uint32("pksw.flags", "Flags", base.HEX),
    echo = ProtoField.bool("pksw.flags.echo", "Echo", 32, nil, 0x1),
    wants = ProtoField.uint32("pksw.wants", "Wants", base.HEX),
    lease = ProtoField.uint32("pksw.lease", "Lease (s)"),
    ssid = ProtoField.uint32("pksw.ssid", "SSID", base.HEX),
    token = ProtoField.uint64("pksw.token", "Token", base.HEX),
    version = ProtoField.uint32("pksw.version", "Roster version"),
    seq = ProtoField.uint32("pksw.seq", "Seq"),
    add = ProtoField.bool("pksw.add", "Adds to the subscription", 32, nil, 0x80000000),
    count = ProtoField.uint32("pksw.count", "Entries", base.DEC, nil, 0x7fffffff),
    entry = ProtoField.none("pksw.entry", "Entry"),
    source = ProtoField.uint32("pksw.entry.source", "Source SSID, 0: every other client", base.HEX),
    mask = ProtoField.uint32("pksw.entry.mask", "Types", base.HEX),
    first = ProtoField.uint32("pksw.first", "First index"),
    total = ProtoField.uint32("pksw.total", "Members in all"),
    member = ProtoField.none("pksw.member", "Member"),
    member_ssid = ProtoField.uint32("pksw.member.ssid", "SSID", base.HEX),
    seen = ProtoField.uint32("pksw.member.seen", "Types seen", base.HEX),
    status = ProtoField.uint32("pksw.status", "Status", base.DEC, STATUS),
    code = ProtoField.uint32("pksw.code", "Code", base.DEC, CODE),
    tag = ProtoField.bytes("pksw.tag", "HMAC-SHA-256, cut to 16 octets"),
    asq = ProtoField.bool("pksw.type.asq", "ASQ", 32, nil, 0x1),
    vsq = ProtoField.bool("pksw.type.vsq", "VSQ", 32, nil, 0x2),
    vhq = ProtoField.bool("pksw.type.vhq", "VHQ", 32, nil, 0x4),
}
pksw.fields = f

local e = {
    malformed = ProtoExpert.new(
        "pksw.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR),
    refused = ProtoExpert.new(
        "pksw.refused", "The switch refuses", expert.group.RESPONSE_CODE, expert.severity.WARN),
    unknown = ProtoExpert.new(
        "pksw.unknown", "Unknown subtype, skipped", expert.group.UNDECODED, expert.severity.NOTE),
}
pksw.experts = e

local function types_text(mask)
    local names = {}
    for bit, name in ipairs({ "asq", "vsq", "vhq" }) do
        if mask:bitfield(32 - bit, 1) == 1 then names[#names + 1] = name end
    end
    return #names > 0 and table.concat(names, ",") or "none"
end

local function add_types(tree, field, mask)
    local item = tree:add(field, mask):append_text(" (" .. types_text(mask) .. ")")
    item:add(f.asq, mask)
    item:add(f.vsq, mask)
    item:add(f.vhq, mask)
    return item
end

local function hex(range) return string.format("0x%08x", range:uint()) end

-- What a body holds: its octets if it has one size only, and how they read.
-- `body` is the body, `tree` where its fields go; the text for the column comes
-- back. `bad` takes what makes the packet malformed.
local MESSAGES = {}

MESSAGES[1] = {
    least = 8,
    read = function(body, tree, bad)
        tree:add(f.nonce, body(0, 8))
        if body:len() == 8 then return "" end
        local zeros = body(8)
        tree:add(f.zeros, zeros)
        if zeros:bytes():tohex():find("[^0]") then bad("after its nonce a HELLO has zeros") end
        return ""
    end,
}

MESSAGES[2] = {
    size = 24,
    read = function(body, tree)
        tree:add(f.nonce, body(0, 8))
        tree:add(f.cookie, body(8, 16))
        return ""
    end,
}

MESSAGES[3] = {
    size = 36,
    read = function(body, tree, bad)
        tree:add(f.nonce, body(0, 8))
        tree:add(f.cookie, body(8, 16))
        local flags, wants = body(24, 4), body(28, 4)
        tree:add(f.flags, flags):add(f.echo, flags)
        add_types(tree, f.wants, wants)
        tree:add(f.lease, body(32, 4))
        if flags:uint() > 1 then bad("a flag other than echo is set") end
        if wants:uint() > 7 then bad("a type other than asq, vsq and vhq is wanted") end
        local echo = flags:uint() == 1 and " echo" or ""
        return string.format(" wants=%s lease=%u%s", types_text(wants), body(32, 4):uint(), echo)
    end,
}

MESSAGES[4] = {
    size = 28,
    read = function(body, tree, bad)
        tree:add(f.nonce, body(0, 8))
        tree:add(f.ssid, body(8, 4))
        tree:add(f.lease, body(12, 4))
        tree:add(f.token, body(16, 8))
        tree:add(f.version, body(24, 4))
        if body(8, 4):uint() == 0 or body(11, 1):bitfield(4, 4) ~= 0 then
            bad("an SSID is not 0 and its low four bits are")
        end
        local lease, version = body(12, 4):uint(), body(24, 4):uint()
        return string.format(" ssid=%s lease=%u version=%u", hex(body(8, 4)), lease, version)
    end,
}

-- BIND, SUBSCRIBE, KEEPALIVE, LEAVE and LIST start alike.
local function add_request(body, tree)
    tree:add(f.token, body(0, 8))
    tree:add(f.seq, body(8, 4))
    return string.format(" seq=%u", body(8, 4):uint())
end

MESSAGES[5] = {
    size = 28,
    read = function(body, tree)
        local text = add_request(body, tree)
        tree:add(f.cookie, body(12, 16))
        return text
    end,
}

MESSAGES[6] = {
    least = 16,
    read = function(body, tree, bad)
        local text = add_request(body, tree)
        local count = body(12, 4)
        tree:add(f.add, count)
        tree:add(f.count, count)
        local entries = count:bitfield(1, 31)
        if body:len() ~= 16 + PAIR * entries then
            bad(string.format("%u entries in %u octets", entries, body:len() - 16))
            return text
        end
        for at = 16, body:len() - PAIR, PAIR do
            local entry = tree:add(f.entry, body(at, PAIR))
            local source, mask = body(at, 4), body(at + 4, 4)
            entry:add(f.source, source)
            add_types(entry, f.mask, mask)
            entry:append_text(string.format(": %s %s", hex(source), types_text(mask)))
        end
        return text .. string.format(" %s=%u", count:bitfield(0, 1) == 1 and "add" or "count", entries)
    end,
}

MESSAGES[7] = { size = 12, read = add_request }
MESSAGES[8] = { size = 12, read = add_request }

MESSAGES[9] = {
    size = 16,
    read = function(body, tree)
        local text = add_request(body, tree)
        tree:add(f.first, body(12, 4))
        return text .. string.format(" first=%u", body(12, 4):uint())
    end,
}

MESSAGES[10] = {
    size = 12,
    read = function(body, tree)
        tree:add(f.seq, body(0, 4))
        local status = body(4, 4):uint()
        local item = tree:add(f.status, body(4, 4))
        tree:add(f.version, body(8, 4))
        local means = STATUS[status] or "?"
        if status ~= 0 then item:add_proto_expert_info(e.refused, "Status: " .. means) end
        return string.format(
            " seq=%u status=%u (%s) version=%u", body(0, 4):uint(), status, means, body(8, 4):uint())
    end,
}

MESSAGES[11] = {
    least = 16,
    read = function(body, tree, bad)
        tree:add(f.seq, body(0, 4))
        tree:add(f.version, body(4, 4))
        tree:add(f.first, body(8, 4))
        tree:add(f.total, body(12, 4))
        local members = (body:len() - 16) / PAIR
        if members ~= math.floor(members) or members > 128 then
            bad("a page of a roster has whole members, 128 at most")
            return ""
        end
        for at = 16, body:len() - PAIR, PAIR do
            local member = tree:add(f.member, body(at, PAIR))
            local ssid, seen = body(at, 4), body(at + 4, 4)
            member:add(f.member_ssid, ssid)
            add_types(member, f.seen, seen)
            member:append_text(string.format(": %s %s", hex(ssid), types_text(seen)))
        end
        local first, total = body(8, 4):uint(), body(12, 4):uint()
        return string.format(
            " seq=%u version=%u first=%u members=%d total=%u", body(0, 4):uint(),
            body(4, 4):uint(), first, members, total)
    end,
}

MESSAGES[12] = {
    size = 12,
    read = function(body, tree)
        tree:add(f.nonce, body(0, 8))
        local code = body(8, 4):uint()
        local means = CODE[code] or "?"
        tree:add(f.code, body(8, 4)):add_proto_expert_info(e.refused, "Code: " .. means)
        return string.format(" code=%u (%s)", code, means)
    end,
}

MESSAGES[13] = {
    size = 4,
    read = function(body, tree)
        tree:add(f.version, body(0, 4))
        return string.format(" version=%u", body(0, 4):uint())
    end,
}

MESSAGES[AUTH] = {
    size = 16,
    read = function(body, tree)
        tree:add(f.tag, body(0, 16))
        return ""
    end,
}

-- One of our packets. Its subtype and the text for the column.
local function add_message(packet, tree)
    local subtype = packet(0, 1):bitfield(3, 5)
    local name = SUBTYPES[subtype] or string.format("subtype %d", subtype)
    local item = tree:add(pksw, packet, "Packet Switch: " .. name)
    local function bad(why) item:add_proto_expert_info(e.malformed, name .. ": " .. why) end
    item:add(f.subtype, packet(0, 1))
    item:add(f.ssrc, packet(4, 4))
    if packet(0, 1):bitfield(2, 1) == 1 then bad("one of our packets is never padded") end
    local message = MESSAGES[subtype]
    if not message then
        item:add_proto_expert_info(e.unknown)
        return subtype, name
    end
    local octets = packet:len() - BODY
    if octets < (message.size or message.least) or message.size and octets > message.size then
        local right = message.size or "at least " .. message.least
        bad(string.format("its body has %s octets, this one %d", right, octets))
        return subtype, name
    end
    -- An empty range cannot be made: only a body that has octets is read.
    local text = message.read(packet(BODY), item, bad)
    item:append_text(text)
    return subtype, name .. text
end

-- The octets of the RTCP packet at `at`, or nil and what is wrong with it.
local function packet_at(tvb, at)
    local left = tvb:len() - at
    if left < 4 then return nil, "an RTCP header is cut short" end
    local first, kind = tvb(at, 1), tvb(at + 1, 1):uint()
    if first:bitfield(0, 2) ~= 2 then return nil, "the version of RTCP is 2" end
    if kind < 192 or kind > 223 then return nil, "packet types of RTCP are 192 to 223" end
    local octets = 4 * (tvb(at + 2, 2):uint() + 1)
    if octets > left then return nil, "a packet is longer than what is left of its datagram" end
    if first:bitfield(2, 1) == 1 then
        local padding = tvb(at + octets - 1, 1):uint()
        local fits = padding > 0 and padding % 4 == 0 and padding <= octets - 4
        if octets < left or not fits then return nil, "padding is wrong, or not at the end" end
    end
    return octets
end

local function is_ours(tvb, at, octets)
    return octets >= BODY and tvb(at + 1, 1):uint() == APP and tvb(at + 8, 4):string() == NAME
end

-- Reports that say more than they hold (RFC 3550 §6.4, RFC 4585 §6.1).
local function is_cut_short(tvb, at, octets)
    local count, kind = tvb(at, 1):bitfield(3, 5), tvb(at + 1, 1):uint()
    local least = ({
        [200] = 28 + 24 * count, [201] = 8 + 24 * count, [203] = 4 + 4 * count, [205] = 12, [206] = 12,
    })[kind]
    return least ~= nil and octets < least
end

local rtp, rtcp = Dissector.get("rtp"), Dissector.get("rtcp")

-- A datagram of RTCP: ours and others in the order in which they stand.
local function dissect_rtcp(tvb, pinfo, tree)
    local at, texts, request, after_auth, ours = 0, {}, nil, false, false
    local function bad(why) tree:add_proto_expert_info(e.malformed, why) end
    while at < tvb:len() do
        local octets, why = packet_at(tvb, at)
        if not octets then
            -- After a report it may be encrypted (SRTCP, RFC 3711 §3.4).
            local first = tvb:len() > 1 and tvb(1, 1):uint() or 0
            local is_media = ({ [200] = true, [201] = true, [205] = true, [206] = true })[first]
            local is_encrypted = not ours and at > 0 and is_media
                and not (tvb:len() >= at + 12 and tvb(at + 8, 4):string() == NAME)
            if not is_encrypted then bad(why) end
            break
        end
        if after_auth then bad("AUTH is the last packet of its datagram") end
        after_auth = false
        if is_ours(tvb, at, octets) then
            ours = true
            local subtype, text = add_message(tvb(at, octets), tree)
            texts[#texts + 1] = text
            after_auth = subtype == AUTH
            if subtype == 1 and tvb:len() < HELLO_MIN then
                bad(string.format("a HELLO is in %d octets at least", HELLO_MIN))
            end
            if WANTS_ANSWER[subtype] then
                if request then bad("a datagram asks for one answer at most") end
                request = subtype
            end
        else
            if is_cut_short(tvb, at, octets) then bad("a packet is shorter than what it counts") end
            rtcp:call(tvb(at, octets):tvb(), pinfo, tree)
        end
        at = at + octets
    end
    if at < tvb:len() and not ours then rtcp:call(tvb(at):tvb(), pinfo, tree) end
    if ours then
        pinfo.cols.protocol = "PKSW"
        pinfo.cols.info = table.concat(texts, ", ")
    end
end

local function dissect_rtp(tvb, pinfo, tree)
    local function bad(why) tree:add_proto_expert_info(e.malformed, why) end
    local least = RTP_HEADER
    if tvb:len() >= least then
        least = least + 4 * tvb(0, 1):bitfield(4, 4)
        if tvb(0, 1):bitfield(3, 1) == 1 then
            least = least + 4
            if tvb:len() >= least then least = least + 4 * tvb(least - 2, 2):uint() end
        end
    end
    if tvb:len() < least then
        bad(string.format("an RTP header of %d octets in %d", least, tvb:len()))
    else
        rtp:call(tvb, pinfo, tree)
    end
end

function pksw.dissector(tvb, pinfo, tree)
    if tvb:len() < 2 or tvb(0, 1):bitfield(0, 2) ~= 2 then
        tree:add(pksw, tvb()):add_proto_expert_info(e.malformed, "neither RTP nor RTCP of version 2")
        pinfo.cols.protocol = "PKSW"
        return tvb:len()
    end
    local second = tvb(1, 1):uint()
    if second >= 192 and second <= 223 then
        dissect_rtcp(tvb, pinfo, tree)
    else
        dissect_rtp(tvb, pinfo, tree)
    end
    return tvb:len()
end

-- On any port: a datagram that starts with one of our packets.
local function heuristic(tvb, pinfo, tree)
    local octets = packet_at(tvb, 0)
    if not octets or not is_ours(tvb, 0, octets) then return false end
    pinfo.conversation = pksw
    pksw.dissector(tvb, pinfo, tree)
    return true
end

pksw:register_heuristic("udp", heuristic)
local udp_ports = DissectorTable.get("udp.port")
udp_ports:add(MEDIA_UDP_PORT, pksw)
udp_ports:add(CONTROL_UDP_PORT, pksw)
