// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/codec.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "ipp/syntax.hpp"
#include "ipp/text_rules.hpp"

namespace safeq::ipp {
namespace {

constexpr std::uint8_t end_of_attributes = 0x03;
constexpr std::uint8_t last_delimiter = 0x0f;
constexpr std::uint8_t begin_collection = 0x34;
constexpr std::uint8_t end_collection = 0x37;
constexpr std::uint8_t member_name = 0x4a;
constexpr std::uint8_t extension = 0x7f;

std::optional<GroupTag> group_tag(std::uint8_t tag) noexcept {
    switch (static_cast<GroupTag>(tag)) {
        case GroupTag::operation:
        case GroupTag::job:
        case GroupTag::printer:
        case GroupTag::unsupported:
        case GroupTag::subscription:
        case GroupTag::event_notification:
        case GroupTag::resource:
        case GroupTag::document:
        case GroupTag::system: return static_cast<GroupTag>(tag);
    }
    return std::nullopt;
}

}  // namespace

// A message is a row of fields, each of a length that is known when the one before it was read; so the machine needs
// one field at a time, and every limit is held before a field is waited for. Open collections are a stack, not
// recursion.
class HeadDecoder::Machine final {
public:
    explicit Machine(const Limits& limits) : limits_{limits} { status_ = want(Field::header, 8); }

    Result<std::size_t> feed(ByteView in) {
        std::size_t at = 0;
        while (status_ && field_ != Field::end && (need_ == 0 || at < in.size())) {
            if (pending_.empty() && in.size() - at >= need_) {
                status_ = take(in.subspan(at, need_));
                at += needed_;
                continue;
            }
            const std::size_t part = std::min(need_ - pending_.size(), in.size() - at);
            pending_.insert(pending_.end(), in.begin() + static_cast<std::ptrdiff_t>(at),
                            in.begin() + static_cast<std::ptrdiff_t>(at + part));
            at += part;
            if (pending_.size() < need_) break;
            status_ = take(pending_);
            pending_.clear();
        }
        if (!status_) return std::unexpected{status_.error()};
        return at;
    }

    Result<Message> finish() {
        if (!status_) return std::unexpected{status_.error()};
        if (field_ != Field::end)
            return fail(Errc::truncated, where(), fmt::format("ends at offset {}, before its end tag", consumed()));
        return std::move(message_);
    }

    [[nodiscard]] bool done() const noexcept { return status_ && field_ == Field::end; }
    [[nodiscard]] std::size_t consumed() const noexcept { return start_ + pending_.size(); }
    [[nodiscard]] const std::optional<MessageHeader>& header() const noexcept { return header_; }

private:
    enum class Field { header, tag, name_length, name, value_length, value, end };

    struct Scope {
        std::vector<Attribute>* attributes = nullptr;  // of the group; a collection owns its members
        std::vector<Attribute> members;
        std::set<std::string, std::less<>> names;

        std::vector<Attribute>& list() noexcept { return attributes ? *attributes : members; }
    };

    Result<void> want(Field field, std::size_t octets) {
        if (octets > limits_.head_bytes - std::min(start_, limits_.head_bytes))
            return fail(Errc::too_large, "ipp head", fmt::format("more than {} bytes", limits_.head_bytes));
        field_ = field;
        need_ = octets;
        return {};
    }

    Result<void> take(ByteView octets) {
        needed_ = need_;
        const std::size_t begin = std::exchange(start_, start_ + need_);
        auto done = step(octets);
        if (!done) {
            done.error().detail += fmt::format(" at offset {}", begin);
            if (done.error().where == "ipp value") done.error().where = where();
        }
        return done;
    }

    Result<void> step(ByteView octets) {
        switch (field_) {
            case Field::header: return on_header(octets);
            case Field::tag: return on_tag(std::to_integer<std::uint8_t>(octets[0]));
            case Field::name_length: return on_name_length(length(octets));
            case Field::name: return on_name(as_text(octets));
            case Field::value_length: return on_value_length(length(octets));
            case Field::value: return on_value(octets);
            case Field::end: break;
        }
        return fail(Errc::internal, "ipp head", "decoded beyond its end");
    }

    static std::size_t length(ByteView octets) noexcept {
        return std::to_integer<std::size_t>(octets[0]) << 8 | std::to_integer<std::size_t>(octets[1]);
    }

    Result<void> on_header(ByteView octets) {
        ByteReader reader{octets};
        SAFEQ_TRY(message_.version.major, reader.u8("ipp head"));
        SAFEQ_TRY(message_.version.minor, reader.u8("ipp head"));
        SAFEQ_TRY(message_.code, reader.u16("ipp head"));
        SAFEQ_TRY(const std::uint32_t id, reader.u32("ipp head"));
        message_.request_id = static_cast<std::int32_t>(id);
        header_ = message_.header();
        return want(Field::tag, 1);
    }

    Result<void> on_tag(std::uint8_t tag) {
        tag_ = tag;
        if (tag <= last_delimiter) return on_delimiter(tag);
        if (tag == extension) return malformed("an extension tag");
        if (scopes_.empty()) return malformed("a value before any group");
        const bool in_collection = scopes_.size() > 1;
        const std::vector<Attribute>& list = scopes_.back().list();
        if (tag == member_name || tag == end_collection) {
            if (!in_collection) return malformed("a member or an end outside of a collection");
            if (!list.empty() && list.back().values.empty()) return malformed("a member without a value");
        } else if (!value_tag(tag)) {
            return malformed(fmt::format("unknown tag 0x{:02x}", tag));
        } else if (in_collection && list.empty()) {
            return malformed("a value in a collection before its member's name");
        }
        return want(Field::name_length, 2);
    }

    Result<void> on_delimiter(std::uint8_t tag) {
        if (scopes_.size() > 1) return malformed("a collection that isn't closed");
        if (tag == end_of_attributes) {
            field_ = Field::end;
            need_ = 0;
            return {};
        }
        const auto group = group_tag(tag);
        if (!group) return malformed(fmt::format("unknown delimiter tag 0x{:02x}", tag));
        // Each group costs one octet; without attributes it is held to the same number as they are.
        SAFEQ_TRY_VOID(count());
        message_.groups.push_back(Group{*group, {}});
        scopes_.clear();
        scopes_.emplace_back().attributes = &message_.groups.back().attributes;
        return want(Field::tag, 1);
    }

    Result<void> on_name_length(std::size_t n) {
        if (n > 0x7fff) return malformed("a negative name length");
        if (scopes_.size() > 1) {
            if (n > 0) return malformed("a name in a collection that is not a member's");
        } else if (n > limits_.name_bytes) {
            return fail(Errc::too_large, "ipp attribute name",
                        fmt::format("{} bytes, at most {},", n, limits_.name_bytes));
        } else if (n == 0 && scopes_.back().list().empty()) {
            return malformed("a value without an attribute");
        }
        return n > 0 ? want(Field::name, n) : want(Field::value_length, 2);
    }

    Result<void> on_name(std::string_view name) {
        SAFEQ_TRY_VOID(begin_attribute(name));
        return want(Field::value_length, 2);
    }

    Result<void> on_value_length(std::size_t n) {
        if (n > 0x7fff) return malformed("a negative value length");
        if (tag_ == member_name) {
            if (n == 0) return malformed("a member without a name");
            if (n > limits_.name_bytes)
                return fail(Errc::too_large, "ipp attribute name",
                            fmt::format("{} bytes, at most {},", n, limits_.name_bytes));
            return want(Field::value, n);
        }
        if (tag_ == end_collection)
            return n == 0 ? want(Field::value, 0) : malformed("an end of collection with a value");
        if (scopes_.back().list().back().values.size() >= limits_.values_per_attribute)
            return fail(Errc::too_many, where(), fmt::format("more than {} values", limits_.values_per_attribute));
        if (values_ >= limits_.values)
            return fail(Errc::too_many, "ipp head", fmt::format("more than {} values", limits_.values));
        ++values_;
        if (tag_ == begin_collection && scopes_.size() > limits_.depth)
            return fail(Errc::too_deep, where(),
                        fmt::format("more than {} collections inside each other", limits_.depth));
        if (n > limits_.value_bytes)
            return fail(Errc::too_large, where(),
                        fmt::format("a value of {} bytes, at most {},", n, limits_.value_bytes));
        SAFEQ_TRY_VOID(detail::check_length(static_cast<ValueTag>(tag_), n));
        return want(Field::value, n);
    }

    Result<void> on_value(ByteView octets) {
        if (tag_ == member_name) {
            SAFEQ_TRY_VOID(begin_attribute(as_text(octets)));
        } else if (tag_ == begin_collection) {
            scopes_.emplace_back();
        } else if (tag_ == end_collection) {
            Collection closed{std::move(scopes_.back().members)};
            scopes_.pop_back();
            scopes_.back().list().back().values.push_back(Value::collection(std::move(closed)));
        } else {
            SAFEQ_TRY(Value value, Value::decode(static_cast<ValueTag>(tag_), octets));
            scopes_.back().list().back().values.push_back(std::move(value));
        }
        return want(Field::tag, 1);
    }

    Result<void> begin_attribute(std::string_view name) {
        if (auto good = detail::check(name, detail::Charset::graphic); !good) {
            good.error().where = "ipp attribute name";
            return good;
        }
        SAFEQ_TRY_VOID(count());
        Scope& scope = scopes_.back();
        if (!scope.names.emplace(name).second)
            return fail(Errc::duplicate, fmt::format("ipp attribute '{}'", name), "twice in one group or collection");
        scope.list().emplace_back().name = name;
        return {};
    }

    Result<void> count() {
        if (attributes_ >= limits_.attributes)
            return fail(Errc::too_many, "ipp head", fmt::format("more than {} attributes", limits_.attributes));
        ++attributes_;
        return {};
    }

    [[nodiscard]] std::unexpected<Error> malformed(std::string detail) const {
        return fail(Errc::ipp_malformed, where(), std::move(detail));
    }

    // "ipp attribute 'media-col/media-size'", the innermost one that was begun.
    [[nodiscard]] std::string where() const {
        std::string path;
        for (const Scope& scope : scopes_) {
            const std::vector<Attribute>& list = scope.attributes ? *scope.attributes : scope.members;
            if (list.empty()) break;
            if (!path.empty()) path += '/';
            path += list.back().name;
        }
        return path.empty() ? "ipp head" : fmt::format("ipp attribute '{}'", path);
    }

    Limits limits_;
    Field field_ = Field::header;
    std::size_t need_ = 0;    // octets of the field
    std::size_t needed_ = 0;  // octets of the field taken last
    std::size_t start_ = 0;   // offset of the field
    std::uint8_t tag_ = 0;
    std::size_t attributes_ = 0;
    std::size_t values_ = 0;
    Bytes pending_;
    Result<void> status_;
    Message message_;
    std::optional<MessageHeader> header_;
    std::vector<Scope> scopes_;  // the group's, then one for each open collection
};

HeadDecoder::HeadDecoder(const Limits& limits) : machine_{std::make_unique<Machine>(limits)} {}
HeadDecoder::HeadDecoder(HeadDecoder&&) noexcept = default;
HeadDecoder& HeadDecoder::operator=(HeadDecoder&&) noexcept = default;
HeadDecoder::~HeadDecoder() = default;

Result<std::size_t> HeadDecoder::feed(ByteView in) { return machine_->feed(in); }
bool HeadDecoder::done() const noexcept { return machine_->done(); }
std::size_t HeadDecoder::consumed() const noexcept { return machine_->consumed(); }
const std::optional<MessageHeader>& HeadDecoder::header() const noexcept { return machine_->header(); }
Result<Message> HeadDecoder::finish() { return machine_->finish(); }

Result<Decoded> decode(ByteView in, const Limits& limits) {
    HeadDecoder decoder{limits};
    SAFEQ_TRY(const std::size_t consumed, decoder.feed(in));
    SAFEQ_TRY(Message message, decoder.finish());
    return Decoded{std::move(message), consumed};
}

}  // namespace safeq::ipp
