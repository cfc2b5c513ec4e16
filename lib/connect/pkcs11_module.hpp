// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include <safeq/core/bytes.hpp>
#include <safeq/core/error.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::connect {

/// What a module reported, with its own name for it.
[[nodiscard]] Error module_error(CK_RV code, std::string_view what);

/// What an RFC 7512 URI says, for the purpose of finding a token.
class TokenUri {
public:
    /// `object` is what an URI without a name of an object means.
    [[nodiscard]] static Result<TokenUri> parse(std::string_view text, std::string_view object);

    [[nodiscard]] bool matches(CK_TOKEN_INFO& info) const noexcept;
    [[nodiscard]] std::optional<std::string> module_path() const;
    [[nodiscard]] const std::string& object() const noexcept { return object_; }

    /// The PIN, from the file that the URI names; nothing when it names none.
    [[nodiscard]] Result<std::optional<crypto::Secret>> pin() const;

private:
    struct Free {
        void operator()(P11KitUri* uri) const noexcept { p11_kit_uri_free(uri); }
    };
    std::unique_ptr<P11KitUri, Free> uri_;
    std::string object_;
};

/// The modules that are in question, initialized for as long as this lives.
class Modules {
public:
    [[nodiscard]] static Result<Modules> load(const TokenUri& uri);
    Modules(Modules&& other) noexcept;
    Modules& operator=(Modules&&) = delete;
    Modules(const Modules&) = delete;
    Modules& operator=(const Modules&) = delete;
    ~Modules();

    struct Slot {
        CK_FUNCTION_LIST* module;
        CK_SLOT_ID id;
        bool hardware;
    };
    /// The one slot whose token the URI names. *Errors*: `not_found`, `duplicate`, `unavailable`.
    [[nodiscard]] Result<Slot> find(const TokenUri& uri) const;

private:
    Modules() = default;
    CK_FUNCTION_LIST* single_ = nullptr;  // loaded by its path
    CK_FUNCTION_LIST** all_ = nullptr;    // those that p11-kit knows
};

/// A session, logged in where there is a PIN; to be closed by the caller. *Errors*: those of `module_error`.
[[nodiscard]] Result<CK_SESSION_HANDLE> open_session(const Modules::Slot& slot,
                                                     const std::optional<crypto::Secret>& pin, CK_FLAGS flags);

// The interface of 1995 takes everything by pointers to what it doesn't change.
[[nodiscard]] inline unsigned char* in(ByteView bytes) {
    return const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
}
[[nodiscard]] inline unsigned char* out(MutableByteView bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

template <class T>
[[nodiscard]] CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, T& value) {
    return {type, &value, sizeof value};
}
[[nodiscard]] inline CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, std::string& text) {
    return {type, text.data(), text.size()};
}

}  // namespace safeq::connect
