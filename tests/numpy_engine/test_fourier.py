"""All of numpy.fft: linear maps, checked against plain transforms of differences."""

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.truth import check, check_nested, seed

RNG = np.random.default_rng(14)
X = RNG.normal(size=(3, 6))
F = np.fft

TRANSFORMS = {
    "fft": lambda x: F.fft(x),
    "fft n": lambda x: F.fft(x, 4, axis=0, norm="ortho"),
    "fft longer": lambda x: F.fft(x, n=9, norm="forward"),
    "ifft": lambda x: F.ifft(x, axis=-2),
    "rfft": lambda x: F.rfft(x),
    "rfft n": lambda x: F.rfft(x, 5, 0),
    "irfft": lambda x: F.irfft(x, axis=0),
    "irfft n": lambda x: F.irfft(F.fft(x * x), n=7),
    "hfft": lambda x: F.hfft(F.fft(x), n=8, axis=0),
    "ihfft": lambda x: F.ihfft(x, norm="backward"),
    "fft2": lambda x: F.fft2(x[None]),
    "ifft2": lambda x: F.ifft2(x, s=(2, 8)),
    "rfft2": lambda x: F.rfft2(x, axes=(1, 0)),
    "irfft2": lambda x: F.irfft2(F.rfft2(x)),
    "fftn": lambda x: F.fftn(x.reshape(3, 2, 3)),
    "fftn axes": lambda x: F.fftn(x.reshape(3, 2, 3), axes=(-1, 0)),
    "fftn s": lambda x: F.fftn(x.reshape(3, 2, 3), s=(4, 2), axes=(1, 2)),
    "ifftn": lambda x: F.ifftn(x, norm="ortho"),
    "rfftn": lambda x: F.rfftn(x, s=(3, 5), axes=(0, 1)),
    "irfftn": lambda x: F.irfftn(F.fft(x), axes=(0, 1)),
    "fftshift": lambda x: F.fftshift(x),
    "fftshift axes": lambda x: F.fftshift(x, axes=(1,)),
    "ifftshift": lambda x: F.ifftshift(x, axes=-1),
    "spectrum": lambda x: np.abs(F.rfft(x)) ** 2,
    "filter": lambda x: F.irfft(F.rfft(x) * np.exp(-np.arange(4.0)), 6),
    "convolution": lambda x: np.real(F.ifft(F.fft(x[0]) * F.fft(x[1]))),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name):
    check(TRANSFORMS[name], X, rtol=1e-10)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_nest(name):
    check_nested(TRANSFORMS[name], X)


def test_partials_are_the_transforms_of_the_partials():
    x = seed(X)
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifftn"):
        y = getattr(F, name)(x)
        for k in range(3):
            np.testing.assert_allclose(y.partials[k], getattr(F, name)(x.partials[k]), rtol=1e-14, atol=1e-15)


def test_frequencies_of_an_active_spacing():
    np.testing.assert_allclose(
        dd.jacobian(lambda d: F.fftfreq(8, d))(0.5), -F.fftfreq(8, 0.5) / 0.5, rtol=1e-15, atol=1e-16
    )
    np.testing.assert_allclose(
        dd.jacobian(lambda d: F.rfftfreq(8, d))(0.5), -F.rfftfreq(8, 0.5) / 0.5, rtol=1e-15, atol=1e-16
    )


def test_numpy_s_own_errors_stay():
    with pytest.raises(TypeError):
        F.rfft(seed(X) * 1j)
    with pytest.raises(ValueError, match="number of FFT data points"):
        F.fft(seed(X), 0)
