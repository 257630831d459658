document.documentElement.dataset['page'] = 'meeting';
