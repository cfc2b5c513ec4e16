// SPDX-License-Identifier: Apache-2.0
#include <safeq/connect/pkcs11.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>

#include <safeq/crypto/aead.hpp>

#include "pkcs11_module.hpp"

namespace safeq::connect {
namespace {

constexpr std::size_t iv_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t sealed_key_bytes = crypto::WrapKey::size + tag_bytes;
constexpr std::size_t max_secret_bytes = 1024 * 1024;
constexpr std::string_view associated = "safeq/root/v1/pkcs11\n";

}  // namespace

struct Pkcs11RootKeys::Impl {
    Modules modules;
    Modules::Slot slot;
    std::string object;
    Random& random;
    CK_SESSION_HANDLE session = 0;
    bool open = false;
    std::mutex mutex;

    Impl(Modules modules_in, const Modules::Slot& slot_in, std::string object_in, Random& random_in) noexcept
        : modules{std::move(modules_in)}, slot{slot_in}, object{std::move(object_in)}, random{random_in} {}
    ~Impl() {
        if (open) slot.module->C_CloseSession(session);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    [[nodiscard]] static Result<void> done(CK_RV code, std::string_view what) {
        if (code != CKR_OK) return std::unexpected(module_error(code, what));
        return {};
    }

    [[nodiscard]] Result<void> log_in(const std::optional<crypto::Secret>& pin) {
        SAFEQ_TRY(session, open_session(slot, pin, CKF_RW_SESSION));
        open = true;
        return {};
    }

    [[nodiscard]] std::string label(std::uint64_t generation) const {
        return object + " " + std::to_string(generation);
    }

    [[nodiscard]] Result<std::vector<CK_OBJECT_HANDLE>> find(std::string* wanted) const {
        CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
        CK_KEY_TYPE type = CKK_AES;
        CK_BBOOL token = CK_TRUE;
        std::vector<CK_ATTRIBUTE> search{attribute(CKA_CLASS, kind), attribute(CKA_KEY_TYPE, type),
                                         attribute(CKA_TOKEN, token)};
        if (wanted != nullptr) search.push_back(attribute(CKA_LABEL, *wanted));
        SAFEQ_TRY_VOID(done(slot.module->C_FindObjectsInit(session, search.data(), search.size()), "PKCS#11 search"));
        std::vector<CK_OBJECT_HANDLE> found;
        std::array<CK_OBJECT_HANDLE, 64> some{};
        CK_RV code = CKR_OK;
        for (CK_ULONG count = 1; code == CKR_OK && count > 0;) {
            code = slot.module->C_FindObjects(session, some.data(), some.size(), &count);
            if (code == CKR_OK)
                found.insert(found.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
        }
        slot.module->C_FindObjectsFinal(session);
        SAFEQ_TRY_VOID(done(code, "PKCS#11 search"));
        return found;
    }

    // The key of that generation, which never was and never will be outside of the token.
    [[nodiscard]] Result<CK_OBJECT_HANDLE> key(std::uint64_t generation) const {
        std::string name = label(generation);
        SAFEQ_TRY(const std::vector<CK_OBJECT_HANDLE> found, find(&name));
        if (found.empty()) return fail(Errc::key_unknown, name, "the token has no such key");
        if (found.size() > 1) return fail(Errc::duplicate, name, "the token has several such keys");
        CK_BBOOL always_sensitive = CK_FALSE;
        CK_BBOOL never_extractable = CK_FALSE;
        CK_BBOOL local = CK_FALSE;
        std::array wanted{attribute(CKA_ALWAYS_SENSITIVE, always_sensitive),
                          attribute(CKA_NEVER_EXTRACTABLE, never_extractable), attribute(CKA_LOCAL, local)};
        SAFEQ_TRY_VOID(
            done(slot.module->C_GetAttributeValue(session, found.front(), wanted.data(), wanted.size()), name));
        if (always_sensitive != CK_TRUE || never_extractable != CK_TRUE || local != CK_TRUE)
            return fail(Errc::unsupported, name, "this key could have left the token");
        return found.front();
    }

    [[nodiscard]] static CK_GCM_PARAMS gcm(ByteView iv) {
        CK_GCM_PARAMS parameters{};
        parameters.iv_ptr = in(iv);
        parameters.iv_len = iv.size();
        parameters.iv_bits = iv.size() * 8;
        parameters.aad_ptr = in(as_bytes(associated));
        parameters.aad_len = associated.size();
        parameters.tag_bits = tag_bytes * 8;
        return parameters;
    }

    [[nodiscard]] Result<void> destroy(std::uint64_t generation) const {
        std::string name = label(generation);
        SAFEQ_TRY(const std::vector<CK_OBJECT_HANDLE> found, find(&name));
        for (const CK_OBJECT_HANDLE one : found) SAFEQ_TRY_VOID(done(slot.module->C_DestroyObject(session, one), name));
        return {};
    }
};

Pkcs11RootKeys::Pkcs11RootKeys(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
Pkcs11RootKeys::~Pkcs11RootKeys() = default;

Result<std::unique_ptr<Pkcs11RootKeys>> Pkcs11RootKeys::open(std::string_view uri, Random& random) {
    SAFEQ_TRY(const TokenUri parsed, TokenUri::parse(uri, "safeq root"));
    SAFEQ_TRY(const std::optional<crypto::Secret> pin, parsed.pin());
    SAFEQ_TRY(Modules modules, Modules::load(parsed));
    SAFEQ_TRY(const Modules::Slot slot, modules.find(parsed));
    auto impl = std::make_unique<Impl>(std::move(modules), slot, parsed.object(), random);
    SAFEQ_TRY_VOID(impl->log_in(pin));
    return std::unique_ptr<Pkcs11RootKeys>{new Pkcs11RootKeys{std::move(impl)}};
}

bool Pkcs11RootKeys::hardware() const noexcept { return impl_->slot.hardware; }

Result<std::set<std::uint64_t>> Pkcs11RootKeys::generations() {
    const std::scoped_lock lock{impl_->mutex};
    SAFEQ_TRY(const std::vector<CK_OBJECT_HANDLE> found, impl_->find(nullptr));
    std::set<std::uint64_t> generations;
    for (const CK_OBJECT_HANDLE one : found) {
        std::string name(256, '\0');
        CK_ATTRIBUTE wanted = attribute(CKA_LABEL, name);
        // A label that is longer than ours is somebody else's.
        if (impl_->slot.module->C_GetAttributeValue(impl_->session, one, &wanted, 1) != CKR_OK) continue;
        name.resize(std::min<std::size_t>(name.size(), wanted.ulValueLen));
        const std::string prefix = impl_->object + " ";
        if (!name.starts_with(prefix)) continue;
        std::uint64_t generation = 0;
        const char* end = name.data() + name.size();
        const auto [at, error] = std::from_chars(name.data() + prefix.size(), end, generation);
        if (error == std::errc{} && at == end && generation != 0) generations.insert(generation);
    }
    return generations;
}

Result<void> Pkcs11RootKeys::create(std::uint64_t generation) {
    const std::scoped_lock lock{impl_->mutex};
    SAFEQ_TRY_VOID(impl_->destroy(generation));
    CK_MECHANISM make{CKM_AES_KEY_GEN, nullptr, 0};
    std::string name = impl_->label(generation);
    CK_ULONG bytes = crypto::WrapKey::size;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    std::array wanted{attribute(CKA_LABEL, name),  attribute(CKA_VALUE_LEN, bytes), attribute(CKA_TOKEN, yes),
                      attribute(CKA_PRIVATE, yes), attribute(CKA_SENSITIVE, yes),   attribute(CKA_EXTRACTABLE, no),
                      attribute(CKA_ENCRYPT, yes), attribute(CKA_DECRYPT, yes),     attribute(CKA_WRAP, no),
                      attribute(CKA_UNWRAP, no),   attribute(CKA_SIGN, no),         attribute(CKA_VERIFY, no)};
    CK_OBJECT_HANDLE made = 0;
    return Impl::done(impl_->slot.module->C_GenerateKey(impl_->session, &make, wanted.data(), wanted.size(), &made),
                      name);
}

Result<Bytes> Pkcs11RootKeys::wrap(std::uint64_t generation, ByteView secret) {
    if (secret.size() > max_secret_bytes) return fail(Errc::too_large, "PKCS#11 wrap");
    const std::scoped_lock lock{impl_->mutex};
    SAFEQ_TRY(const CK_OBJECT_HANDLE root, impl_->key(generation));
    const auto inner = crypto::WrapKey::random(impl_->random);
    std::array<std::byte, iv_bytes> iv;
    impl_->random.fill(iv);
    CK_GCM_PARAMS parameters = Impl::gcm(iv);
    CK_MECHANISM how{CKM_AES_GCM, &parameters, sizeof parameters};
    SAFEQ_TRY_VOID(Impl::done(impl_->slot.module->C_EncryptInit(impl_->session, &how, root), "PKCS#11 wrap"));
    std::array<std::byte, sealed_key_bytes> sealed;
    CK_ULONG size = sealed.size();
    SAFEQ_TRY_VOID(Impl::done(
        impl_->slot.module->C_Encrypt(impl_->session, in(inner.expose()), crypto::WrapKey::size, out(sealed), &size),
        "PKCS#11 wrap"));
    if (size != sealed.size()) return fail(Errc::unavailable, "PKCS#11 wrap", "a sealed key of another size");
    return ByteWriter{}.bytes(iv).bytes(sealed).bytes(crypto::wrap_key(inner, secret)).take();
}

Result<crypto::Secret> Pkcs11RootKeys::unwrap(std::uint64_t generation, ByteView wrapped) {
    ByteReader reader{wrapped};
    SAFEQ_TRY(const ByteView iv, reader.take(iv_bytes, "wrapped seeds"));
    SAFEQ_TRY(const ByteView sealed, reader.take(sealed_key_bytes, "wrapped seeds"));
    const std::scoped_lock lock{impl_->mutex};
    SAFEQ_TRY(const CK_OBJECT_HANDLE root, impl_->key(generation));
    CK_GCM_PARAMS parameters = Impl::gcm(iv);
    CK_MECHANISM how{CKM_AES_GCM, &parameters, sizeof parameters};
    SAFEQ_TRY_VOID(Impl::done(impl_->slot.module->C_DecryptInit(impl_->session, &how, root), "PKCS#11 unwrap"));
    // Some modules ask for room for the tag too.
    auto inner = crypto::Secret::zeroed(sealed_key_bytes);
    CK_ULONG size = sealed_key_bytes;
    const CK_RV code =
        impl_->slot.module->C_Decrypt(impl_->session, in(sealed), sealed.size(), out(inner.fill()), &size);
    // Of a wrong tag modules say what they like; the token itself was there a moment ago.
    if (code == CKR_GENERAL_ERROR || code == CKR_FUNCTION_FAILED || code == CKR_DATA_INVALID)
        return fail(Errc::authentication_failed, "PKCS#11 unwrap", p11_kit_strerror(code));
    SAFEQ_TRY_VOID(Impl::done(code, "PKCS#11 unwrap"));
    if (size != crypto::WrapKey::size) return fail(Errc::authentication_failed, "PKCS#11 unwrap");
    SAFEQ_TRY(const crypto::WrapKey key, crypto::WrapKey::from(inner.expose().first(crypto::WrapKey::size)));
    return crypto::unwrap_key(key, wrapped.subspan(iv_bytes + sealed_key_bytes));
}

Result<void> Pkcs11RootKeys::destroy(std::uint64_t generation) {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->destroy(generation);
}

}  // namespace safeq::connect
