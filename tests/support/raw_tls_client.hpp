// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/hash.hpp>

namespace safeq::test {

/// A TLS 1.3 client that keeps no rules: it knows all keys and sends what it is told to. Its only suite is
/// TLS_AES_128_GCM_SHA256 and its only group secp256r1, where its private key is 1: its key share is the curve's
/// generator, and the shared secret is the x coordinate of the server's share. *Source*: RFC 8446, section 7.
class RawClient {
public:
    enum Content : std::uint8_t { alert = 21, handshake = 22, application_data = 23 };

    /// The client's traffic keys of one stage, with their record counter.
    class Writer {
    public:
        explicit Writer(ByteView traffic_secret) : aead_{key_of(traffic_secret)} {
            expand_label(iv_, traffic_secret, "iv", {});
        }

        /// One protected record.
        [[nodiscard]] Bytes record(Content type, ByteView content) {
            Bytes inner = to_bytes(content);
            inner.push_back(static_cast<std::byte>(type));
            ByteWriter head;
            head.u8(application_data)
                .u16(0x0303)
                .u16(static_cast<std::uint16_t>(inner.size() + crypto::aead_tag_bytes));
            Bytes sealed(inner.size() + crypto::aead_tag_bytes);
            aead_.seal(sealed, nonce(), {inner}, {head.view()});
            head.bytes(sealed);
            return std::move(head).take();
        }

        /// What is inside one protected record, with its type; nothing where the key is not the right one.
        [[nodiscard]] std::optional<std::pair<Bytes, std::uint8_t>> open(ByteView record) {
            const ByteView sealed = record.subspan(5);
            if (sealed.size() <= crypto::aead_tag_bytes) return {};
            Bytes inner(sealed.size() - crypto::aead_tag_bytes);
            if (!aead_.open(inner, nonce(), sealed, {record.first(5)})) return {};
            while (!inner.empty() && inner.back() == std::byte{0}) inner.pop_back();
            if (inner.empty()) return {};
            const auto type = static_cast<std::uint8_t>(inner.back());
            inner.pop_back();
            return std::pair{std::move(inner), type};
        }

    private:
        [[nodiscard]] static crypto::Aead128Key key_of(ByteView secret) {
            crypto::Aead128Key key;
            expand_label(key.fill(), secret, "key", {});
            return key;
        }

        [[nodiscard]] crypto::AeadNonce nonce() {
            crypto::AeadNonce nonce = iv_;
            for (std::size_t i = 0; i < 8; ++i) nonce[11 - i] ^= static_cast<std::byte>(number_ >> (8 * i));
            ++number_;
            return nonce;
        }

        crypto::Aead aead_;
        crypto::AeadNonce iv_{};
        std::uint64_t number_ = 0;
    };

    /// What a server gave to resume a session by, and the key that goes with it.
    struct Ticket {
        Bytes identity, key;
    };

    /// What the first message offers besides a full handshake.
    struct Offer {
        bool wants_tickets = false;  ///< psk_key_exchange_modes, without which no server gives any
        std::optional<Ticket> ticket = {};
        bool early_data = false;  ///< announces it; what `early_writer` makes may follow at once
    };

    /// The first record.
    [[nodiscard]] Bytes hello() { return hello(Offer{}); }
    [[nodiscard]] Bytes hello(const Offer& offer);

    /// Reads the server's whole flight; false when it is not one. Afterwards all keys are known.
    [[nodiscard]] bool read_flight(ByteView flight);

    /// Whether the server asked for a certificate.
    [[nodiscard]] bool asked_for_certificate() const noexcept { return asked_; }
    /// Whether it took the ticket, and whether it will read early data.
    [[nodiscard]] bool resumed() const noexcept { return resumed_; }
    [[nodiscard]] bool early_data_accepted() const noexcept { return early_accepted_; }

    /// The keys of early data, after a `hello` with a ticket.
    [[nodiscard]] Writer early_writer() const { return Writer{client_early_}; }

    /// The ticket among the records that follow the handshake, in which the client sent nothing but its Finished;
    /// nothing where there is none.
    [[nodiscard]] std::optional<Ticket> read_ticket(ByteView records) const;

    [[nodiscard]] Writer handshake_writer() const { return Writer{client_handshake_}; }
    /// The application keys after so many KeyUpdates.
    [[nodiscard]] Writer application_writer(int updates = 0) const {
        Bytes secret = client_application_;
        for (; updates > 0; --updates) secret = derive(secret, "traffic upd", {});
        return Writer{secret};
    }
    /// So many messages that change the keys, each under those after the one before.
    [[nodiscard]] std::vector<Bytes> key_updates(int count, ByteView message) const {
        std::vector<Bytes> records;
        Bytes secret = client_application_;
        for (int i = 0; i < count; ++i) {
            records.push_back(Writer{secret}.record(handshake, message));
            secret = derive(secret, "traffic upd", {});
        }
        return records;
    }
    [[nodiscard]] Writer application_reader() const { return Writer{server_application_}; }

    /// A right Finished for the transcript up to here and whatever else the client has sent.
    [[nodiscard]] Bytes finished(ByteView sent_before = {}) const;

private:
    static void expand_label(std::span<std::byte> out, ByteView secret, std::string_view label, ByteView context);
    [[nodiscard]] static Bytes derive(ByteView secret, std::string_view label, ByteView transcript_hash);

    Bytes transcript_, psk_, master_;
    Bytes client_early_, client_handshake_, server_handshake_, client_application_, server_application_;
    bool asked_ = false, resumed_ = false, early_accepted_ = false;
};

inline void RawClient::expand_label(std::span<std::byte> out, ByteView secret, std::string_view label,
                                    ByteView context) {
    ByteWriter info;
    const std::string full = "tls13 " + std::string{label};
    info.u16(static_cast<std::uint16_t>(out.size())).u8(static_cast<std::uint8_t>(full.size())).text(full);
    info.u8(static_cast<std::uint8_t>(context.size())).bytes(context);
    crypto::hkdf_expand_sha256(out, secret, {info.view()});
}

inline Bytes RawClient::derive(ByteView secret, std::string_view label, ByteView transcript_hash) {
    Bytes out(32);
    expand_label(out, secret, label, transcript_hash);
    return out;
}

inline Bytes RawClient::hello(const Offer& offer) {
    const Bytes generator = from_hex(
                                "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                                "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
                                .value();
    ByteWriter extensions;
    extensions.u16(43).u16(3).u8(2).u16(0x0304);                                     // supported_versions
    extensions.u16(10).u16(4).u16(2).u16(0x0017);                                    // supported_groups
    extensions.u16(13).u16(8).u16(6).u16(0x0403).u16(0x0804).u16(0x0401);            // signature_algorithms
    extensions.u16(51).u16(71).u16(69).u16(0x0017).u16(65).bytes(generator);         // key_share
    if (offer.wants_tickets || offer.ticket) extensions.u16(45).u16(2).u8(1).u8(1);  // psk_dhe_ke
    if (offer.early_data) extensions.u16(42).u16(0);
    constexpr std::size_t binders_bytes = 2 + 1 + 32;
    if (offer.ticket) {  // pre_shared_key comes last; its binder is filled in below
        const auto identity = static_cast<std::uint16_t>(offer.ticket->identity.size());
        extensions.u16(41).u16(static_cast<std::uint16_t>(2 + 2 + identity + 4 + binders_bytes));
        extensions.u16(static_cast<std::uint16_t>(2 + identity + 4)).u16(identity).bytes(offer.ticket->identity);
        extensions.u32(0).u16(33).u8(32).bytes(Bytes(32));
    }
    ByteWriter body;
    body.u16(0x0303).bytes(Bytes(32, std::byte{7})).u8(0).u16(2).u16(0x1301).u8(1).u8(0);
    body.u16(static_cast<std::uint16_t>(extensions.view().size())).bytes(extensions.view());
    ByteWriter message;
    message.u8(1).u8(0).u16(static_cast<std::uint16_t>(body.view().size())).bytes(body.view());
    transcript_ = to_bytes(message.view());
    if (offer.ticket) {
        psk_ = offer.ticket->key;
        const auto early = crypto::hkdf_extract_sha256({}, {psk_});
        Bytes key(32);
        expand_label(key, derive(early, "res binder", crypto::sha256(ByteView{})), "finished", {});
        const ByteView bound = ByteView{transcript_}.first(transcript_.size() - binders_bytes);
        const auto binder = crypto::hmac_sha256(ByteView{key}, {crypto::sha256(bound)});
        std::ranges::copy(binder, transcript_.end() - static_cast<std::ptrdiff_t>(binder.size()));
        client_early_ = derive(early, "c e traffic", crypto::sha256(transcript_));
    }
    ByteWriter record;
    record.u8(handshake).u16(0x0301).u16(static_cast<std::uint16_t>(transcript_.size())).bytes(transcript_);
    return std::move(record).take();
}

inline bool RawClient::read_flight(ByteView flight) {
    ByteReader in{flight};
    std::optional<Writer> reader;
    while (!in.done()) {
        const std::size_t start = in.at();
        const auto type = in.u8("type");
        const auto version = in.u16("version");
        const auto length = in.u16("length");
        if (!type || !version || !length) return false;
        const auto content = in.take(*length, "record");
        if (!content) return false;
        if (*type == 20) continue;
        if (*type == handshake && !reader) {
            // ServerHello: its key_share is an uncompressed point of secp256r1.
            transcript_.insert(transcript_.end(), content->begin(), content->end());
            const Bytes mark = from_hex("003300450017004104").value();
            const auto found = std::search(content->begin(), content->end(), mark.begin(), mark.end());
            if (found == content->end()) return false;
            const ByteView x{&*found + mark.size(), 32};
            const Bytes took_ticket = from_hex("002900020000").value();
            resumed_ =
                std::search(content->begin(), content->end(), took_ticket.begin(), took_ticket.end()) != content->end();
            const Bytes zeros(32);
            const auto empty_hash = crypto::sha256(ByteView{});
            const auto early = crypto::hkdf_extract_sha256({}, {resumed_ ? psk_ : zeros});
            const auto shared = crypto::hkdf_extract_sha256(derive(early, "derived", empty_hash), {x});
            const auto hash = crypto::sha256(transcript_);
            client_handshake_ = derive(shared, "c hs traffic", hash);
            server_handshake_ = derive(shared, "s hs traffic", hash);
            const auto top = crypto::hkdf_extract_sha256(derive(shared, "derived", empty_hash), {zeros});
            master_.assign(top.begin(), top.end());
            reader.emplace(server_handshake_);
            continue;
        }
        if (*type != application_data || !reader) return false;
        const auto inside = reader->open(flight.subspan(start, 5 + *length));
        if (!inside || inside->second != handshake) return false;
        transcript_.insert(transcript_.end(), inside->first.begin(), inside->first.end());
        for (ByteReader messages{inside->first}; !messages.done();) {
            const auto kind = messages.u8("kind");
            const auto high = messages.u8("length");
            const auto low = messages.u16("length");
            if (!kind || !high || !low) break;
            const auto body = messages.take(*high * 65536U + *low, "message");
            if (!body) break;
            asked_ = asked_ || *kind == 13;
            if (*kind != 8) continue;
            for (ByteReader extensions{body->subspan(2)}; !extensions.done();) {  // EncryptedExtensions
                early_accepted_ = early_accepted_ || extensions.u16("extension").value() == 42;
                (void)extensions.take(extensions.u16("length").value(), "extension").value();
            }
        }
    }
    if (master_.empty()) return false;
    const auto hash = crypto::sha256(transcript_);
    client_application_ = derive(master_, "c ap traffic", hash);
    server_application_ = derive(master_, "s ap traffic", hash);
    return true;
}

inline std::optional<RawClient::Ticket> RawClient::read_ticket(ByteView records) const {
    Writer reader = application_reader();
    for (ByteReader in{records}; !in.done();) {
        const std::size_t start = in.at();
        (void)in.take(3, "type and version").value();
        const std::size_t length = in.u16("length").value();
        (void)in.take(length, "record").value();
        const auto inside = reader.open(records.subspan(start, 5 + length));
        if (!inside || inside->second != handshake || inside->first.front() != std::byte{4}) continue;
        ByteReader message{inside->first};
        (void)message.take(4 + 4 + 4, "head, lifetime, age_add").value();
        const ByteView nonce = message.take(message.u8("length").value(), "nonce").value();
        const ByteView identity = message.take(message.u16("length").value(), "ticket").value();
        Ticket ticket{to_bytes(identity), Bytes(32)};
        const Bytes last = finished();
        expand_label(ticket.key, derive(master_, "res master", crypto::sha256({transcript_, last})), "resumption",
                     nonce);
        return ticket;
    }
    return {};
}

inline Bytes RawClient::finished(ByteView sent_before) const {
    Bytes key(32);
    expand_label(key, client_handshake_, "finished", {});
    const auto mac = crypto::hmac_sha256(ByteView{key}, {crypto::sha256({transcript_, sent_before})});
    ByteWriter message;
    message.u8(20).u8(0).u16(32).bytes(mac);
    return std::move(message).take();
}

}  // namespace safeq::test
