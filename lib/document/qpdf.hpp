// SPDX-License-Identifier: Apache-2.0
#pragma once

// libqpdf's headers, made fit for our compilers; no other file of ours includes them.

// Without the library's old pointer type, which warns where it isn't turned off.
#define POINTERHOLDER_TRANSITION 4
#include <qpdf/DLL.h>

// Up to version 11 a class of JSON.hh holds a vector of itself while it is incomplete, which Clang refuses in C++20 and
// later. Nothing here uses it, and the other headers only name it.
#if defined(__clang__) && QPDF_MAJOR_VERSION < 12
#define JSON_HH
class JSON;
#endif

#include <qpdf/Buffer.hh>
#include <qpdf/BufferInputSource.hh>
#include <qpdf/Pipeline.hh>
#include <qpdf/Pl_Flate.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFLogger.hh>
#include <qpdf/QPDFObjectHandle.hh>
#include <qpdf/QPDFStreamFilter.hh>
