// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <safeq/core/bytes.hpp>
#include <safeq/core/error.hpp>
#include <safeq/ipp/limits.hpp>
#include <safeq/ipp/message.hpp>

namespace safeq::ipp {

/// A message, and where it ended.
struct Decoded {
    Message message;
    std::size_t consumed;  ///< the head's length: the document, if any, begins here
};

/// Reads one message from the beginning of `in`; what follows its end is the document and isn't looked at.
/// What is accepted is canonical: `encode` gives back exactly the consumed bytes.
/// *Errors*, each naming the attribute and the offset: `truncated`; `ipp_malformed` for an unknown or extension tag, a
/// length that its syntax doesn't have or a broken collection; `duplicate` for an attribute that is twice in a group;
/// `invalid_utf8`, `control_character`; `too_large`, `too_many`, `too_deep` for the limits.
/// *Source*: RFC 8010.
[[nodiscard]] Result<Decoded> decode(ByteView in, const Limits& limits);

/// Reads one message from a stream, however it is cut into pieces; the same messages and errors as `decode`.
class HeadDecoder final {
public:
    explicit HeadDecoder(const Limits& limits);
    HeadDecoder(HeadDecoder&&) noexcept;
    HeadDecoder& operator=(HeadDecoder&&) noexcept;
    ~HeadDecoder();

    /// Takes the next bytes of the stream and returns how many of them belong to the head: all, unless the head ends
    /// among them; then `done()`, and the rest belongs to the document. Once it has failed it fails again in the same
    /// way.
    [[nodiscard]] Result<std::size_t> feed(ByteView in);

    [[nodiscard]] bool done() const noexcept;
    /// Bytes of the head taken so far.
    [[nodiscard]] std::size_t consumed() const noexcept;
    /// Version, operation and request-id as soon as they came, so that even a broken request can be answered.
    [[nodiscard]] const std::optional<MessageHeader>& header() const noexcept;

    /// The message; the decoder is spent afterwards.
    /// *Errors*: the one that `feed` gave; `truncated` when the head hasn't ended.
    [[nodiscard]] Result<Message> finish();

private:
    class Machine;
    std::unique_ptr<Machine> machine_;
};

/// The message as it goes on the wire. An attribute without a name or without values is left out; a name is cut at 255.
[[nodiscard]] Bytes encode(const Message& message);

}  // namespace safeq::ipp
